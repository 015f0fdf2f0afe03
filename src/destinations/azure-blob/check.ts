/** The connection test of a container: needs no more than a delivery does, a SAS token with Write. Contract §6.3. */
import { createHash } from 'node:crypto';
import type { CheckResult, ConnectionServices } from '../destination.ts';
import { checkStore } from '../store-check.ts';
import { templatePrefix } from '../templates.ts';
import type { Container } from './container.ts';

const text = 'A test by Apertur. This file can be removed.\n';
const md5 = createHash('md5').update(text).digest('base64');
const soonMs = 14 * 86_400_000;

export async function checkContainer(
  container: Container,
  services: ConnectionServices,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { template, conflict } = container.settings;
  // Always the same name, so that a token that cannot delete leaves one blob, not one for each test.
  const name = `${templatePrefix(template)}apertur-test.txt`;
  const write = { method: 'PUT', name, body: text } as const;
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain; charset=utf-8' };
  return await checkStore(
    {
      settings: { template, field: 'blob_template', url: container.url('') },
      note: () => expiryNote(container, services.now()),
      place: `${container.settings.account}/${container.settings.container}/${name}`,
      async write() {
        const answer = await container.demand({ ...write, headers }, signal);
        return { answer, verified: answer.headers['content-md5'] === md5 };
      },
      ...(conflict === 'overwrite' ? {} : { tryConflict }),
      remove: async () => void (await container.demand({ method: 'DELETE', name }, signal)),
    },
    services.now,
  );

  async function tryConflict(): Promise<string | undefined> {
    const { status } = await container.send(
      { ...write, headers: { ...headers, 'if-none-match': '*' } },
      signal,
    );
    return status === 409 || status === 412
      ? undefined
      : `This endpoint cannot write only where nothing is (If-None-Match, ${status}), so two photos at the same moment could overwrite each other.`;
  }
}

function expiryNote(container: Container, now: number): { message: string; advice: string } | undefined {
  const end = container.accessEndsAt;
  if (end === undefined || end - now > soonMs) return undefined;
  const message = `The SAS token ends on ${new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  return { message, advice: 'Put a new one into the destination before that; deliveries fail otherwise.' };
}
