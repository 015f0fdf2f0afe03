/** One setting of a kind, drawn from its schema: the same words that the API and the docs have. */
import {
  Code,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core';
import type { Field } from '../api/types.ts';
import { fill, w } from '../words.ts';

export interface FieldProps {
  name: string;
  field: Field;
  value: unknown;
  required: boolean;
  secret: boolean;
  /** A secret is stored already. */
  stored: boolean;
  onChange: (value: unknown) => void;
}

const isText = (field: Field): boolean => field.type === 'string' || field.type === undefined;

export const isTemplate = (field: Field): boolean => field.template !== undefined;

function exampleOf(field: Field): string | undefined {
  const [first] = field.examples ?? [];
  return typeof first === 'string' || typeof first === 'number' ? String(first) : undefined;
}

function choicesOf(field: Field): string[] | undefined {
  if (field.enum) return field.enum;
  const values = field.anyOf?.map((choice) => choice.const);
  return values?.every((value) => typeof value === 'string') ? (values as string[]) : undefined;
}

/** `{"X-Shop": "north"}` as lines of text, and back. */
const linesOf = (value: unknown): string =>
  Object.entries((value ?? {}) as Record<string, string>)
    .map(([name, text]) => `${name}: ${text}`)
    .join('\n');

const fromLines = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split(/:(.*)/s).map((part) => part.trim()))
      .filter(([name]) => name)
      .map(([name, value = '']) => [name!, value]),
  );

export function SchemaField(props: FieldProps) {
  const { field, value, onChange, required, secret, stored, name } = props;
  const example = exampleOf(field);
  const description = (
    <>
      {field.description}
      {example && example.length < 60 && !isTemplate(field) ? (
        <>
          {' '}
          {fill(w.common.example, { example: '' })}
          <Code>{example}</Code>
        </>
      ) : null}
    </>
  );
  const common = { label: field.title ?? name, description, required: required && !stored, name };
  const text = typeof value === 'string' ? value : '';
  const choices = choicesOf(field);
  if (secret) {
    const long = (field.maxLength ?? 0) > 2_000 || /PEM|JSON/.test(field.description ?? '');
    const shared = {
      ...common,
      placeholder: stored ? w.destinations.secretKept : '',
      value: text,
      autoComplete: 'off',
      maxLength: field.maxLength ?? 4_096,
    };
    return long ? (
      <Textarea
        {...shared}
        autosize
        minRows={3}
        maxRows={8}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    ) : (
      <PasswordInput
        {...shared}
        autoComplete="new-password"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  if (choices) {
    return (
      <Select
        {...common}
        data={choices}
        value={text || String(field.default ?? '') || null}
        onChange={onChange}
      />
    );
  }
  if (field.type === 'boolean') {
    return (
      <Switch
        label={common.label}
        description={description}
        checked={value === undefined ? field.default === true : value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.type === 'integer' || field.type === 'number') {
    return (
      <NumberInput
        {...common}
        value={typeof value === 'number' ? value : ''}
        placeholder={field.default === undefined ? '' : String(field.default)}
        min={field.minimum}
        max={field.maximum}
        allowDecimal={field.type === 'number'}
        onChange={(given) => onChange(given === '' ? undefined : Number(given))}
      />
    );
  }
  if (field.type === 'array') {
    return (
      <TagsInput {...common} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />
    );
  }
  if (!isText(field)) {
    return (
      <Textarea
        label={common.label}
        description={
          <>
            {field.description} {w.destinations.headers}
          </>
        }
        autosize
        minRows={2}
        defaultValue={linesOf(value)}
        onChange={(event) => onChange(fromLines(event.currentTarget.value))}
      />
    );
  }
  const long = (field.maxLength ?? 0) > 10_000;
  const shared = {
    ...common,
    value: text,
    placeholder: String(field.default ?? ''),
    maxLength: field.maxLength ?? 4_096,
  };
  return long ? (
    <Textarea
      {...shared}
      autosize
      minRows={2}
      maxRows={8}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  ) : (
    <TextInput {...shared} onChange={(event) => onChange(event.currentTarget.value)} />
  );
}
