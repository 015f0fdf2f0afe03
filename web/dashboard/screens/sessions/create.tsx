import {
  Button,
  Checkbox,
  Collapse,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowLeft, IconChevronDown } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useChange, useData, usePage, useScope } from '../../api/queries.ts';
import type { NewSessionBody } from '../../api/types.ts';
import { Refusal, submits } from '../../parts/door.tsx';
import { DestinationsField } from '../../parts/finder.tsx';
import { PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { Code } from '../../parts/text.tsx';
import { counted, w } from '../../words.ts';

const types = ['image/jpeg', 'image/png', 'image/webp', 'image/heic'];

interface Draft {
  label: string;
  destinations: string[];
  longPolling: boolean;
  hours: string;
  maxImages: number | string;
  types: string[];
  dimension: number | string;
  /** Empty: as the project says. */
  gps: NonNullable<NewSessionBody['gps']> | '';
  format: NonNullable<NewSessionBody['image_format']> | '';
  password: string;
  tags: string[];
}

/** What the form means for the API: only what differs from the defaults. */
function bodyOf(draft: Draft): NewSessionBody {
  const body: NewSessionBody = { expires_in_hours: Number(draft.hours) };
  if (draft.label.trim()) body.label = draft.label.trim();
  if (draft.destinations.length > 0) body.destination_ids = draft.destinations;
  if (draft.longPolling) body.long_polling = true;
  if (draft.maxImages !== '') body.max_images = Number(draft.maxImages);
  if (draft.types.length > 0 && draft.types.length < types.length) body.allowed_mime_types = draft.types;
  if (draft.dimension !== '') {
    body.max_image_dimension = Number(draft.dimension);
    body.downscale = true;
  }
  if (draft.gps) body.gps = draft.gps;
  if (draft.format) body.image_format = draft.format;
  if (draft.password) body.password = draft.password;
  if (draft.tags.length > 0) body.tags = draft.tags;
  return body;
}

export function curlOf(path: string, body: unknown, method = 'POST'): string {
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return [
    `curl -X ${method} ${location.origin}/api/v1${path} \\`,
    '  -H "Authorization: Bearer $APERTUR_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '${json}'`,
  ].join('\n');
}

export function NewSession() {
  useTitle(w.newSession.title);
  const scope = useScope();
  const navigate = useNavigate();
  const [more, disclosure] = useDisclosure(false);
  const any = usePage('/projects/{project}/destinations', { query: { page: 1, pageSize: 1 } });
  const usage = useData('/projects/{project}/usage');
  const plan = usage.data?.plan;
  const form = useForm<Draft>({
    initialValues: {
      label: '',
      destinations: [],
      longPolling: false,
      hours: '24',
      maxImages: '',
      types,
      dimension: '',
      gps: '',
      format: '',
      password: '',
      tags: [],
    },
  });
  const create = useChange(
    (draft: Draft, send) => send('post', '/upload-sessions', { body: bodyOf(draft) }),
    ['/sessions', '/projects/{project}/usage'],
  );
  const submit = async () => {
    const made = await create.mutateAsync(form.values).catch(() => undefined);
    if (made)
      void navigate({
        to: '/p/$project/$env/sessions/$session',
        params: { ...scope, session: made.id } as never,
      });
  };
  const longest = plan?.longestExpiryHours ?? 168;
  const hours = [1, 4, 12, 24, 48, 72, 168].filter((count) => count <= longest);
  return (
    <>
      <PageHead
        title={w.newSession.title}
        back={
          <Link to="/p/$project/$env/sessions" params={scope as never} className="back">
            <IconArrowLeft size={14} aria-hidden="true" /> {w.sessions.title}
          </Link>
        }
      />
      <div className="columns">
        <Panel>
          <form className="form" onSubmit={submits(() => void submit())}>
            <Refusal error={create.error} />
            <TextInput
              label={w.newSession.label}
              description={w.newSession.labelHelp}
              placeholder={w.newSession.labelExample}
              maxLength={200}
              {...form.getInputProps('label')}
            />
            <DestinationsField
              label={w.newSession.destinations}
              description={
                any.data?.total === 0 ? w.newSession.noDestinations : w.newSession.destinationsHelp
              }
              clearable
              value={form.values.destinations}
              onChange={(ids) => form.setFieldValue('destinations', ids)}
            />
            <Select
              label={w.newSession.expires}
              data={hours.map((count) => ({
                value: String(count),
                label:
                  count % 24 === 0
                    ? counted(w.newSession.days, count / 24)
                    : counted(w.newSession.hours, count),
              }))}
              {...form.getInputProps('hours')}
            />
            <Button
              variant="subtle"
              onClick={disclosure.toggle}
              aria-expanded={more}
              justify="flex-start"
              px={0}
              rightSection={<IconChevronDown size={16} />}
            >
              {w.newSession.more}
            </Button>
            <Collapse expanded={more}>
              <div className="form">
                <Switch
                  label={w.newSession.longPolling}
                  description={w.newSession.longPollingHelp}
                  {...form.getInputProps('longPolling', { type: 'checkbox' })}
                />
                <div className="halves">
                  <NumberInput
                    label={w.newSession.maxImages}
                    min={1}
                    max={plan?.imagesPerSession ?? 1_000}
                    placeholder={String(plan?.imagesPerSession ?? '')}
                    {...form.getInputProps('maxImages')}
                  />
                  <NumberInput
                    label={w.newSession.dimension}
                    description={w.newSession.dimensionHelp}
                    min={1}
                    placeholder="2048"
                    {...form.getInputProps('dimension')}
                  />
                </div>
                <Select
                  label={w.settings.gps}
                  data={[
                    { value: '', label: w.newSession.asProject },
                    { value: 'keep', label: w.settings.gpsKeep },
                    { value: 'coarse', label: w.settings.gpsCoarse },
                    { value: 'strip', label: w.settings.gpsStrip },
                  ]}
                  {...form.getInputProps('gps')}
                />
                <Select
                  label={w.settings.heic}
                  data={[
                    { value: '', label: w.newSession.asProject },
                    { value: 'original', label: w.settings.heicKeep },
                    { value: 'jpeg', label: w.settings.heicJpeg },
                  ]}
                  {...form.getInputProps('format')}
                />
                <Checkbox.Group label={w.newSession.types} {...form.getInputProps('types')}>
                  <div className="row">
                    {types.map((type) => (
                      <Checkbox key={type} value={type} label={type.slice(6).toUpperCase()} />
                    ))}
                  </div>
                </Checkbox.Group>
                <PasswordInput
                  label={w.newSession.password}
                  description={
                    plan?.password === false ? w.newSession.passwordPlan : w.newSession.passwordHelp
                  }
                  disabled={plan?.password === false}
                  minLength={4}
                  maxLength={128}
                  autoComplete="new-password"
                  {...form.getInputProps('password')}
                />
                <TagsInput
                  label={w.newSession.tags}
                  description={w.newSession.tagsHelp}
                  maxTags={50}
                  {...form.getInputProps('tags')}
                />
              </div>
            </Collapse>
            <div className="form-actions">
              <Button type="submit" loading={create.isPending}>
                {w.newSession.submit}
              </Button>
            </div>
          </form>
        </Panel>
        <div>
          <Panel title={w.newSession.curl} help={w.newSession.curlHelp}>
            <Code
              text={curlOf('/upload-sessions', {
                ...bodyOf(form.values),
                ...(form.values.password ? { password: '…' } : {}),
              })}
              label={w.newSession.curl}
            />
          </Panel>
        </div>
      </div>
    </>
  );
}
