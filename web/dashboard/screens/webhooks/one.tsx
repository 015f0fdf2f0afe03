/** One event webhook: its state, what is held, settings, history, and how to check its signatures. */
import { Button, Menu, Tabs } from '@mantine/core';
import { IconArrowLeft, IconChevronDown, IconSend } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange, useData, useScope } from '../../api/queries.ts';
import type { Webhook as WebhookAnswer, WebhookChange } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { freshSecrets } from '../../parts/fresh-secrets.ts';
import { Load, PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { askRotate } from '../../parts/rotate.tsx';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { Ago, Code, hostOf, Id, State } from '../../parts/text.tsx';
import { ago, counted, fill, moment, w } from '../../words.ts';
import { WebhookForm } from './form.tsx';
import { History } from './history.tsx';
import { samples } from './samples.ts';
import { useEventTypes } from './topics.tsx';

const all = '/projects/{project}/webhooks';
const one = '/projects/{project}/webhooks/{webhook}';

export function Webhook() {
  const { webhook: id } = useParams({ strict: false }) as { webhook: string };
  const [secret, setSecret] = useState(() => freshSecrets.get(id));
  const found = useData(one, { path: { webhook: id }, every: 15_000 });
  useTitle(found.data ? hostOf(found.data.url) : undefined);
  return (
    <Load of={found}>
      {(webhook) => (
        <>
          <Head webhook={webhook} />
          {secret ? <SecretOnce title={w.webhooks.secret} value={secret} /> : null}
          <Off webhook={webhook} />
          <Held webhook={webhook} />
          <Tabs defaultValue="history" keepMounted={false}>
            <Tabs.List mb={24}>
              <Tabs.Tab value="history">{w.webhooks.history}</Tabs.Tab>
              <Tabs.Tab value="settings">{w.webhooks.settings}</Tabs.Tab>
              <Tabs.Tab value="verify">{w.webhooks.verify}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="history">
              <History webhook={webhook} />
            </Tabs.Panel>
            <Tabs.Panel value="settings">
              <Settings webhook={webhook} />
            </Tabs.Panel>
            <Tabs.Panel value="verify">
              <Verify webhook={webhook} renewed={setSecret} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Load>
  );
}

function Head({ webhook }: { webhook: WebhookAnswer }) {
  const scope = useScope();
  const may = useMay();
  const navigate = useNavigate();
  const path = { webhook: webhook.id };
  const change = useChange((body: WebhookChange, send) => send('patch', one, { path, body }), [all]);
  const test = useChange((_: undefined, send) => send('post', `${one}/test`, { path }), [all]);
  const remove = useChange((_: undefined, send) => send('delete', one, { path }), []);
  const askRemove = () =>
    ask({
      title: w.webhooks.deleteTitle,
      text: w.webhooks.deleteText,
      confirm: w.common.delete,
      run: () =>
        remove.mutateAsync(undefined).then(() => {
          tell(w.webhooks.deleted);
          return navigate({ to: '/p/$project/$env/webhooks', params: scope as never });
        }, tellProblem),
    });
  return (
    <PageHead
      title={hostOf(webhook.url)}
      back={
        <Link to="/p/$project/$env/webhooks" params={scope as never} className="back">
          <IconArrowLeft size={14} aria-hidden="true" /> {w.webhooks.title}
        </Link>
      }
      lead={
        <span className="row">
          <State state={webhook.isActive ? 'on' : 'off'} />
          <span>{webhook.signatureMethod === 'svix' ? w.webhooks.svix : w.webhooks.hmac}</span>
          <Id value={webhook.id} short />
        </span>
      }
    >
      {may.write ? (
        <>
          <Button
            leftSection={<IconSend size={16} />}
            loading={test.isPending}
            onClick={() =>
              void test.mutateAsync(undefined).then(() => tell(w.webhooks.testSent), tellProblem)
            }
          >
            {w.webhooks.test}
          </Button>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" rightSection={<IconChevronDown size={16} />}>
                {w.common.more}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                onClick={() =>
                  void change
                    .mutateAsync({ isActive: !webhook.isActive })
                    .then(() => tell(w.common.saved), tellProblem)
                }
              >
                {webhook.isActive ? w.webhooks.switchOff : w.webhooks.switchOn}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" onClick={askRemove}>
                {w.common.delete}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      ) : null}
    </PageHead>
  );
}

function Off({ webhook }: { webhook: WebhookAnswer }) {
  if (webhook.isActive || !webhook.disabledAt) return null;
  return (
    <p className="note" data-tone="warn">
      {fill(w.webhooks.switchedOff, { time: ago(webhook.disabledAt), reason: webhook.disabledReason ?? '' })}
    </p>
  );
}

function Held({ webhook }: { webhook: WebhookAnswer }) {
  const may = useMay();
  const path = { webhook: webhook.id };
  const decide = useChange(
    (action: 'deliver' | 'drop', send) => send('post', `${one}/held`, { path, body: { action } }),
    [all],
  );
  if (webhook.heldDeliveries === 0) return null;
  const drop = () =>
    ask({
      title: w.webhooks.dropTitle,
      text: w.webhooks.dropText,
      confirm: w.webhooks.dropHeld,
      run: () => decide.mutateAsync('drop').then(() => tell(w.webhooks.heldDropped), tellProblem),
    });
  return (
    <div className="note row spread" data-tone="warn">
      <span>
        <strong>{counted(w.webhooks.held, webhook.heldDeliveries)}</strong> {w.webhooks.heldHelp}
      </span>
      {may.write ? (
        <span className="row">
          <Button
            size="xs"
            disabled={!webhook.isActive}
            loading={decide.isPending}
            onClick={() =>
              void decide.mutateAsync('deliver').then(() => tell(w.webhooks.heldDelivered), tellProblem)
            }
          >
            {w.webhooks.deliverHeld}
          </Button>
          <Button size="xs" variant="default" onClick={drop}>
            {w.webhooks.dropHeld}
          </Button>
        </span>
      ) : null}
    </div>
  );
}

function Settings({ webhook }: { webhook: WebhookAnswer }) {
  const may = useMay();
  const save = useChange(
    (body: WebhookChange, send) => send('patch', one, { path: { webhook: webhook.id }, body }),
    [all],
  );
  return (
    <Panel>
      <WebhookForm
        key={webhook.updatedAt}
        webhook={webhook}
        submit={(body) =>
          void save.mutateAsync(body).then(
            () => tell(w.common.saved),
            () => undefined,
          )
        }
        error={save.error}
        action={
          may.write ? (
            <Button type="submit" loading={save.isPending}>
              {w.common.save}
            </Button>
          ) : null
        }
      />
    </Panel>
  );
}

function Verify({
  webhook,
  renewed,
}: {
  webhook: WebhookAnswer;
  renewed: (secret: string | undefined) => void;
}) {
  const may = useMay();
  const types = useEventTypes();
  const path = { webhook: webhook.id };
  const rotate = useChange(
    (overlapDays: number, send) => send('post', `${one}/rotate-secret`, { path, body: { overlapDays } }),
    [all],
  );
  const askNew = () =>
    askRotate({
      title: w.webhooks.rotateTitle,
      text: w.webhooks.rotateText,
      confirm: w.webhooks.rotate,
      run: (days) =>
        rotate.mutateAsync(days).then(({ secret }) => {
          renewed(secret);
          tell(w.webhooks.rotated);
        }, tellProblem),
    });
  const example = types.data?.find(({ topic }) => topic === 'project.upload.completed')?.example;
  return (
    <div className="stack wide">
      <Panel
        title={w.webhooks.secret}
        help={w.webhooks.secretHelp}
        actions={
          may.write ? (
            <Button variant="default" loading={rotate.isPending} onClick={askNew}>
              {w.webhooks.rotate}
            </Button>
          ) : null
        }
      >
        {webhook.previousSecretUntil ? (
          <p className="note">
            {fill(w.webhooks.overlapUntil, { time: moment(webhook.previousSecretUntil) })}
          </p>
        ) : null}
        <p className="help">
          {w.common.updated} <Ago at={webhook.updatedAt} />
        </p>
      </Panel>
      <Panel title={w.webhooks.verify} help={w.webhooks.verifyHelp}>
        <Tabs defaultValue={samples[0]!.language} keepMounted={false}>
          <Tabs.List>
            {samples.map(({ language }) => (
              <Tabs.Tab key={language} value={language}>
                {language}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {samples.map((sample) => (
            <Tabs.Panel key={sample.language} value={sample.language} pt={16}>
              <Code
                text={webhook.signatureMethod === 'svix' ? sample.svix : sample.hmac}
                label={sample.language}
              />
            </Tabs.Panel>
          ))}
        </Tabs>
      </Panel>
      {example ? (
        <Panel title={w.webhooks.payload}>
          <Code text={JSON.stringify(example, null, 2)} label={w.webhooks.payload} />
        </Panel>
      ) : null}
    </div>
  );
}
