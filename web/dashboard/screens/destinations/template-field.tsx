/** A path template: the variables at hand, and how the path of a photo would look. */
import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { type Answer, ask } from '../../api/call.ts';
import { useScope } from '../../api/queries.ts';
import type { Field } from '../../api/types.ts';
import { w } from '../../words.ts';

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
  const [asked] = useDebouncedValue(JSON.stringify({ type: props.kind, config: props.config }), 200);
  const preview = useQuery({
    queryKey: [scope.project, scope.env, 'preview', asked],
    queryFn: ({ signal }) =>
      ask(
        'post',
        '/projects/{project}/destinations/preview',
        { body: JSON.parse(asked) },
        { scope, signal },
      ) as Promise<Answer<'post', '/projects/{project}/destinations/preview'>>,
    placeholderData: keepPreviousData,
  });
  const { path, errors = [], warnings = [], variables = [] } = preview.data ?? {};
  const wrong = errors.find((error) => error.field === name);
  const refused = wrong && `${field.title ?? name} ${wrong.message}`;
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
      {refused || !path ? null : (
        <p className="note" aria-live="polite">
          <span className="quiet">{w.destinations.preview}</span>
          <br />
          <code className="path">{path}</code>
          {warnings.map((warning) => (
            <span key={warning} className="warn block">
              {warning}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
