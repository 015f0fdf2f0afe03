import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { createMailer, MailError } from './mail.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Taken {
  from: string;
  to: string[];
  text: string;
}

async function startSmtp(): Promise<{ port: number; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ password }, _session, done) =>
      password === 'right' ? done(null, { user: 'photos' }) : done(new Error('Wrong password')),
    onRcptTo: ({ address }, _session, done) =>
      address.startsWith('nobody@')
        ? done(Object.assign(new Error('No such user'), { responseCode: 550 }))
        : done(),
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope;
        taken.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return { port: (server.server.address() as AddressInfo).port, taken };
}

function mailer(url: string) {
  const made = createMailer({ mail: { url, from: 'Photos <photos@shop.example>' } })!;
  closing.push(() => made.close());
  return made;
}

const letter = { subject: 'Your photos', text: 'Plain words', html: '<p>Marked words</p>' };

test('a mail arrives with both its forms, from the configured sender', async () => {
  const { port, taken } = await startSmtp();
  await mailer(`smtp://photos:right@127.0.0.1:${port}`).send({ to: 'ann@example.com', ...letter });
  expect(taken).toHaveLength(1);
  expect(taken[0]).toMatchObject({ from: 'photos@shop.example', to: ['ann@example.com'] });
  expect(taken[0]!.text).toMatch(/Subject: Your photos/);
  expect(taken[0]!.text).toMatch(/Plain words/);
  expect(taken[0]!.text).toMatch(/<p>Marked words<\/p>/);
});

test('a line break in a recipient or a subject adds neither headers nor recipients', async () => {
  const { port, taken } = await startSmtp();
  const send = mailer(`smtp://127.0.0.1:${port}`).send;
  await send({ to: 'ann@example.com', ...letter, subject: 'Hello\r\nBcc: eve@example.com' });
  await send({ to: 'ann@example.com, eve@example.com', ...letter }).catch(() => undefined);
  await send({ to: 'ann@example.com\r\nRCPT TO:<eve@example.com>', ...letter }).catch(() => undefined);
  expect(taken.flatMap(({ to }) => to)).not.toContain('eve@example.com');
  expect(taken[0]!.text).not.toMatch(/^Bcc:/m);
});

test('a refusal says whether trying again helps, and never the password', async () => {
  const { port } = await startSmtp();
  const refusal = async (url: string, to = 'ann@example.com'): Promise<MailError> =>
    mailer(url)
      .send({ to, ...letter })
      .then(
        () => {
          throw new Error('It was sent.');
        },
        (error: unknown) => error as MailError,
      );
  const unknown = await refusal(`smtp://127.0.0.1:${port}`, 'nobody@example.com');
  expect(unknown).toBeInstanceOf(MailError);
  expect(unknown.refused).toBe(true);
  const wrong = await refusal(`smtp://photos:hunter2@127.0.0.1:${port}`);
  expect(wrong.refused).toBe(false);
  expect(wrong.message).not.toContain('hunter2');
  const nowhere = await refusal('smtp://127.0.0.1:1');
  expect(nowhere.refused).toBe(false);
});

test('without a server there is no mailer', () => {
  expect(createMailer({ mail: undefined })).toBeUndefined();
});
