/** The settings of an event webhook, for a new one and for one that is there. */
import { Button, NumberInput, Radio, Switch, Textarea, TextInput } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useChange, useScope } from '../../api/queries.ts';
import type { NewWebhookBody, Webhook } from '../../api/types.ts';
import { tell } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { freshSecrets } from '../../parts/fresh-secrets.ts';
import { PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { w } from '../../words.ts';
import { RetryPreview } from './retry-preview.tsx';
import { TopicsPicker } from './topics.tsx';

interface Draft {
  url: string;
  topics: string[];
  signatureMethod: 'hmac_sha256' | 'svix';
  maxRetries: number;
  intervals: string;
  disableAfterFailures: number;
  headers: string;
  ordered: boolean;
  rateLimit: number | string;
  maxInFlight: number | string;
}

const fresh: Draft = {
  url: '',
  topics: ['*'],
  signatureMethod: 'hmac_sha256',
  maxRetries: 5,
  intervals: '30, 60, 300, 900, 3600',
  disableAfterFailures: 10,
  headers: '',
  ordered: false,
  rateLimit: '',
  maxInFlight: '',
};

const draftOf = (webhook: Webhook): Draft => ({
  ...webhook,
  signatureMethod: webhook.signatureMethod === 'svix' ? 'svix' : 'hmac_sha256',
  intervals: webhook.retryIntervals.join(', '),
  headers: Object.entries(webhook.customHeaders)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n'),
  rateLimit: webhook.rateLimit ?? '',
  maxInFlight: webhook.maxInFlight ?? '',
});

export const numbersOf = (text: string): number[] =>
  text
    .split(/[\s,]+/)
    .filter((part) => /^\d+$/.test(part))
    .map(Number);

function bodyOf(draft: Draft, stored?: Webhook): NewWebhookBody {
  const headers = Object.fromEntries(
    draft.headers
      .split('\n')
      .map((line) => line.split(/:(.*)/s).map((part) => part.trim()))
      .filter(([name]) => name)
      .map(([name, value = '']) => [name!, value]),
  );
  return {
    url: draft.url.trim(),
    topics: draft.topics,
    ...(stored ? {} : { signatureMethod: draft.signatureMethod }),
    maxRetries: draft.maxRetries,
    retryIntervals: numbersOf(draft.intervals),
    disableAfterFailures: draft.disableAfterFailures,
    customHeaders: headers,
    ordered: draft.ordered,
    rateLimit: draft.rateLimit === '' ? null : Number(draft.rateLimit),
    maxInFlight: draft.maxInFlight === '' ? null : Number(draft.maxInFlight),
  };
}

export function NewWebhook() {
  useTitle(w.webhooks.add);
  const scope = useScope();
  const navigate = useNavigate();
  const create = useChange(
    (body: NewWebhookBody, send) => send('post', '/projects/{project}/webhooks', { body }),
    ['/projects/{project}/webhooks'],
  );
  const submit = async (body: NewWebhookBody) => {
    const made = await create.mutateAsync(body).catch(() => undefined);
    if (!made) return;
    tell(w.webhooks.created);
    // The secret is in this answer alone; the next screen shows it once.
    if (made.secret) freshSecrets.set(made.id, made.secret);
    void navigate({
      to: '/p/$project/$env/webhooks/$webhook',
      params: { ...scope, webhook: made.id } as never,
    });
  };
  return (
    <>
      <PageHead
        title={w.webhooks.add}
        lead={w.webhooks.lead}
        back={
          <Link to="/p/$project/$env/webhooks" params={scope as never} className="back">
            <IconArrowLeft size={14} aria-hidden="true" /> {w.webhooks.title}
          </Link>
        }
      />
      <Panel>
        <WebhookForm
          submit={(body) => void submit(body)}
          error={create.error}
          action={
            <Button type="submit" loading={create.isPending}>
              {w.webhooks.add}
            </Button>
          }
        />
      </Panel>
    </>
  );
}

export function WebhookForm(props: {
  webhook?: Webhook;
  submit: (body: object) => void;
  error: unknown;
  action: ReactNode;
}) {
  const [draft, setDraft] = useState<Draft>(props.webhook ? draftOf(props.webhook) : fresh);
  const put = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  return (
    <form className="form" onSubmit={submits(() => props.submit(bodyOf(draft, props.webhook)))}>
      <Refusal error={props.error} />
      <TextInput
        label={w.webhooks.url}
        description={w.webhooks.urlHelp}
        placeholder="https://shop.example/hooks/apertur"
        type="url"
        required
        maxLength={2_048}
        value={draft.url}
        onChange={(event) => put({ url: event.currentTarget.value })}
      />
      <TopicsPicker value={draft.topics} onChange={(topics) => put({ topics })} />
      {props.webhook ? null : (
        <Radio.Group
          label={w.webhooks.signature}
          value={draft.signatureMethod}
          onChange={(value) => put({ signatureMethod: value as Draft['signatureMethod'] })}
        >
          <div className="halves">
            <Radio value="hmac_sha256" label={w.webhooks.hmac} description={w.webhooks.hmacHelp} />
            <Radio value="svix" label={w.webhooks.svix} description={w.webhooks.svixHelp} />
          </div>
        </Radio.Group>
      )}
      <div className="pair">
        <NumberInput
          label={w.webhooks.retries}
          min={0}
          max={50}
          value={draft.maxRetries}
          onChange={(value) => put({ maxRetries: Number(value) || 0 })}
        />
        <TextInput
          label={w.webhooks.retryIntervals}
          value={draft.intervals}
          onChange={(event) => put({ intervals: event.currentTarget.value })}
        />
      </div>
      <p className="help">{w.webhooks.retryIntervalsHelp}</p>
      <RetryPreview retries={draft.maxRetries} intervals={numbersOf(draft.intervals)} />
      <details className="more">
        <summary>{w.webhooks.advanced}</summary>
        <div className="form">
          <NumberInput
            label={w.webhooks.disableAfter}
            description={w.webhooks.disableAfterHelp}
            min={0}
            value={draft.disableAfterFailures}
            onChange={(value) => put({ disableAfterFailures: Number(value) || 0 })}
          />
          <Switch
            label={w.webhooks.ordered}
            description={w.webhooks.orderedHelp}
            checked={draft.ordered}
            onChange={(event) => put({ ordered: event.currentTarget.checked })}
          />
          <div className="pair">
            <NumberInput
              label={w.webhooks.rateLimit}
              min={1}
              placeholder={w.common.unlimited}
              value={draft.rateLimit}
              onChange={(rateLimit) => put({ rateLimit })}
            />
            <NumberInput
              label={w.webhooks.inFlight}
              min={1}
              placeholder={w.common.unlimited}
              value={draft.maxInFlight}
              onChange={(maxInFlight) => put({ maxInFlight })}
            />
          </div>
          <Textarea
            label={w.webhooks.headers}
            description={w.destinations.headers}
            autosize
            minRows={2}
            value={draft.headers}
            onChange={(event) => put({ headers: event.currentTarget.value })}
          />
        </div>
      </details>
      <div className="form-actions">{props.action}</div>
    </form>
  );
}
