/** The settings of a destination: drawn from the schemas of its kind; what is rarely needed is folded away. */
import { TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { DestinationKind, Field } from '../../api/types.ts';
import { Refusal, submits } from '../../parts/door.tsx';
import { isTemplate, SchemaField } from '../../parts/schema-field.tsx';
import { w } from '../../words.ts';
import { TemplateField } from './template-field.tsx';

const mask = '••••••••';
/** Chosen with the folder picker, or written by the connection itself. */
const hidden = new Set(['folder_id', 'drive_id']);

interface Props {
  kind: DestinationKind;
  stored?: Record<string, unknown>;
  name: string;
  setName: (name: string) => void;
  submit: (config: Record<string, unknown>) => void;
  error: unknown;
  pending: boolean;
  action?: ReactNode;
  beside?: ((config: Record<string, unknown>) => ReactNode) | undefined;
}

interface Drawn {
  name: string;
  field: Field;
  secret: boolean;
  required: boolean;
}

function fieldsOf({ config, credentials }: DestinationKind): Drawn[] {
  const draw = ({ properties, required = [] }: DestinationKind['config'], secret: boolean): Drawn[] =>
    Object.entries(properties).map(([name, field]) => ({
      name,
      field,
      secret,
      required: required.includes(name),
    }));
  return [...draw(config, false), ...draw(credentials, true)].filter(({ name }) => !hidden.has(name));
}

/** Needed by most: what is required, secrets, and the path; the rest is folded away. */
const isMain = ({ required, secret, name, field }: Drawn): boolean =>
  required ||
  (secret && field.maxLength !== undefined && field.maxLength <= 4_096) ||
  isTemplate(field) ||
  /^(region|host|port|username|protocol|format|remote_dir|prefix|folder)$/.test(name);

export function SettingsForm(props: Props) {
  const { kind, stored = {} } = props;
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== mask)),
  );
  const [retries, setRetries] = useState(
    Array.isArray(stored.retry_schedule) ? stored.retry_schedule.join(', ') : '',
  );
  const fields = fieldsOf(kind);
  const main = fields.filter(isMain);
  const rest = fields.filter((field) => !isMain(field));
  const config = configOf(fields, values, stored, retries);
  const draw = (drawn: Drawn) => {
    const change = (value: unknown) => setValues({ ...values, [drawn.name]: value });
    if (isTemplate(drawn.field)) {
      return (
        <TemplateField
          key={drawn.name}
          kind={kind.kind}
          config={templatesOf(fields, config)}
          {...drawn}
          value={values[drawn.name]}
          onChange={change}
        />
      );
    }
    return (
      <SchemaField
        key={drawn.name}
        {...drawn}
        value={values[drawn.name]}
        stored={stored[drawn.name] === mask}
        onChange={change}
      />
    );
  };
  return (
    <form className="form" onSubmit={submits(() => props.submit(config))} autoComplete="off">
      <Refusal error={props.error} />
      <TextInput
        label={w.common.name}
        description={w.destinations.nameHelp}
        required
        maxLength={200}
        value={props.name}
        onChange={(event) => props.setName(event.currentTarget.value)}
      />
      {main.map(draw)}
      <details className="more">
        <summary>{w.destinations.more}</summary>
        <div className="form">
          {rest.map(draw)}
          <TextInput
            label={w.destinations.retrySchedule}
            description={w.destinations.retryHelp}
            placeholder="30, 60, 120, 240, 480"
            value={retries}
            onChange={(event) => setRetries(event.currentTarget.value)}
          />
        </div>
      </details>
      <div className="form-actions">
        {props.action}
        {props.beside?.(config)}
      </div>
    </form>
  );
}

/** What the preview needs to know; nothing else leaves before the form is sent. */
const templatesOf = (fields: Drawn[], config: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    fields
      .filter(({ field }) => isTemplate(field))
      .map(({ name, field }) => [name, config[name] ?? field.default ?? '']),
  );

/** Only what was typed; what was emptied goes as null, which removes it. */
function configOf(
  fields: Drawn[],
  values: Record<string, unknown>,
  stored: Record<string, unknown>,
  retries: string,
): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const { name, secret } of fields) {
    const value = values[name];
    const empty = value === undefined || value === '';
    if (!empty) config[name] = value;
    else if (!secret && stored[name] !== undefined) config[name] = null;
  }
  const schedule = retries
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(Number);
  if (schedule.length > 0) config.retry_schedule = schedule;
  else if (stored.retry_schedule !== undefined) config.retry_schedule = null;
  return config;
}
