/** Our own guides, shown inside the dashboard: the little of Markdown that they use, as elements, never as HTML. */
import type { ReactNode } from 'react';

export function Markdown({ text }: { text: string }) {
  return <div className="prose">{blocksOf(text).map(draw)}</div>;
}

interface Block {
  kind: 'heading' | 'text' | 'list' | 'code' | 'table';
  lines: string[];
  level?: number;
}

function kindOf(line: string): Block['kind'] {
  if (/^#{1,6} /.test(line)) return 'heading';
  if (/^\s*([-*]|\d+\.) /.test(line)) return 'list';
  if (/^\|/.test(line)) return 'table';
  return 'text';
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let inCode = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) {
      inCode = !inCode;
      open = inCode ? { kind: 'code', lines: [] } : undefined;
      if (open) blocks.push(open);
      continue;
    }
    if (inCode) {
      open?.lines.push(line);
      continue;
    }
    if (line.trim() === '') {
      open = undefined;
      continue;
    }
    const kind = kindOf(line);
    // A line that goes on belongs to its list item.
    const goesOn =
      open && (open.kind === kind || (open.kind === 'list' && kind === 'text')) && kind !== 'heading';
    if (!goesOn) {
      open = { kind, lines: [] };
      blocks.push(open);
    }
    if (open!.kind === 'list' && kind === 'text') open!.lines[open!.lines.length - 1] += ` ${line.trim()}`;
    else open!.lines.push(line);
  }
  return blocks;
}

function draw(block: Block, index: number): ReactNode {
  const { lines } = block;
  if (block.kind === 'code') {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a long line is scrolled with the keyboard
      <pre key={index} tabIndex={0}>
        <code>{lines.join('\n')}</code>
      </pre>
    );
  }
  if (block.kind === 'heading') {
    // The name of the kind stands above already.
    if (/^# /.test(lines[0]!)) return null;
    return <h3 key={index}>{inline(lines[0]!.replace(/^#+ /, ''))}</h3>;
  }
  if (block.kind === 'table') return <Table key={index} lines={lines} />;
  if (block.kind === 'list') {
    const items = lines.map((line) => <li key={line}>{inline(line.replace(/^\s*([-*]|\d+\.) /, ''))}</li>);
    return /^\s*\d/.test(lines[0]!) ? <ol key={index}>{items}</ol> : <ul key={index}>{items}</ul>;
  }
  return <p key={index}>{inline(lines.join(' '))}</p>;
}

function Table({ lines }: { lines: string[] }) {
  const [head = '', , ...rows] = lines;
  const cells = (line: string): string[] =>
    line
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard
    <div className="prose-table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {cells(head).map((cell, at) =>
              cell === '' ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: an empty cell has no name
                <td key={at} />
              ) : (
                <th key={cell} scope="col">
                  {inline(cell)}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              {cells(row).map((cell, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells have no name
                <td key={at}>{inline(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const marks = /(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\)|https?:\/\/[^\s)]+)/g;

function inline(text: string): ReactNode[] {
  return text.split(marks).map((part, at) => {
    const key = `${at}${part}`;
    if (part.startsWith('`')) return <code key={key}>{part.slice(1, -1)}</code>;
    if (part.startsWith('**')) return <strong key={key}>{part.slice(2, -2)}</strong>;
    const link = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part);
    if (link) return outward(link[2]!, link[1]!, key);
    if (/^https?:/.test(part)) return outward(part, part, key);
    return part;
  });
}

/** Links to other guides lead nowhere here, so they stay words. */
function outward(href: string, label: string, key: string): ReactNode {
  if (!/^https:\/\//.test(href)) return <span key={key}>{label}</span>;
  return (
    <a key={key} href={href} target="_blank" rel="noreferrer">
      {label}
    </a>
  );
}
