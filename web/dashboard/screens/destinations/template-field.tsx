/** A path template: the variables at hand, and how the path of a photo would look. */
import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiError, call } from '../../api/call.ts';
import { useScope } from '../../api/queries.ts';
import type { Field } from '../../api/types.ts';
import { w } from '../../words.ts';

const variables = [
  '{session_id}',
  '{image_index}',
  '{ext}',
  '{image_id}',
  '{filename}',
  '{date}',
  '{timestamp}',
  '{tag.NAME}',
];

/** A photo that does not exist, as the server imagines it too. */
const sample: Record<string, string> = {
  session_id: 'sess_01J9Z3V7Q2M8D4K6T1R5W0XABC',
  image_index: '0',
  ext: 'jpg',
  image_id: 'img_01J9Z4P3C8N5E7K2T1R6W0XABC',
  filename: 'roof.jpg',
  date: '2026-03-02',
  timestamp: '20260302-081530-250',
};

const guess = (template: string): string =>
  template.replace(
    /\{([^{}]*)\}/g,
    (all, name: string) => sample[name] ?? (name.startsWith('tag.') ? 'T-77' : all),
  );

interface Preview {
  examples?: { path?: string }[];
  paths?: string[];
  path?: string;
  warning?: string | null;
}

export function TemplateField(props: {
  name: string;
  field: Field;
  value: unknown;
  kind: string;
  config: Record<string, unknown>;
  onChange: (value: unknown) => void;
}) {
  const { field, name, onChange } = props;
  const scope = useScope();
  const input = useRef<HTMLInputElement>(null);
  const text = typeof props.value === 'string' ? props.value : '';
  const template = text || String(field.default ?? '');
  const [asked] = useDebouncedValue(template, 250);
  const preview = useQuery({
    queryKey: [scope.project, scope.env, 'preview', props.kind, asked],
    queryFn: ({ signal }) =>
      call<Preview>('POST', `/projects/${scope.project}/destinations/preview`, {
        body: { type: props.kind, template: asked, field: name },
        scope,
        signal,
      }),
    retry: false,
    enabled: asked !== '',
  });
  const refused =
    preview.error instanceof ApiError && preview.error.status === 400 ? preview.error.message : undefined;
  const path =
    preview.data?.path ?? preview.data?.paths?.[0] ?? preview.data?.examples?.[0]?.path ?? guess(template);
  const insert = (variable: string) => {
    const at = input.current?.selectionStart ?? template.length;
    onChange(template.slice(0, at) + variable + template.slice(at));
    input.current?.focus();
  };
  return (
    <div className="stack tight">
      <TextInput
        ref={input}
        label={field.title ?? name}
        description={field.description}
        name={name}
        value={text}
        placeholder={String(field.default ?? '')}
        maxLength={1_024}
        error={refused}
        spellCheck={false}
        classNames={{ input: 'mono' }}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <fieldset className="chips bare" aria-label={w.destinations.variables}>
        {variables.map((variable) => (
          <button key={variable} type="button" className="chip chip-button" onClick={() => insert(variable)}>
            {variable}
          </button>
        ))}
      </fieldset>
      {refused ? null : (
        <p className="note" aria-live="polite">
          <span className="quiet">{w.destinations.preview}</span>
          <br />
          <code className="path">{path}</code>
          {preview.data?.warning ? (
            <>
              <br />
              <span className="warn">{preview.data.warning}</span>
            </>
          ) : null}
        </p>
      )}
    </div>
  );
}
