/** Enrolling what protects a key: one-time codes, a client certificate, signed requests (contract appendix B). */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import { type KeyRow, requireKey } from '../../projects/manage-keys.ts';
import {
  confirmTotp,
  enrolTotp,
  fingerprintOfPem,
  readFingerprint,
  removeSigningSecret,
  removeTotp,
  renewSigningSecret,
  setClientCert,
} from '../../projects/protections.ts';
import { renderQr } from '../../sessions/qr.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { shape } from '../schemas.ts';
import type { Services } from '../services.ts';
import { KeyShape, showKey } from './keys.ts';

const tag = 'Keys';
const stem = '/projects/:project/keys/:key';

const notForLibraries =
  'For back-ends that make their own requests: the published client libraries have no way to send this along (contract §17.26).';

export function addKeyProtectionRoutes(add: AddRoute, services: Services): void {
  addTotp(add, services);
  addClientCert(add, services);
  addSigning(add, services);
}

/** The key of the path, in the caller's project. */
async function keyOf({ db }: Services, request: FastifyRequest): Promise<KeyRow> {
  const { project, key } = request.params as { project: string; key: string };
  const caller = callerOf(request);
  requireProject(caller, project);
  return requireKey(db.read, caller.projectId, key);
}

async function shown(services: Services, key: KeyRow) {
  return showKey(await requireKey(services.db.read, key.project_id, key.id));
}

const Enrolment = shape('TotpEnrolment', {
  secret: Type.String({ description: 'Base32, for those who cannot scan.' }),
  otpauthUri: Type.String(),
  qr: Type.String({ description: 'The same as a picture: data:image/png;base64,…' }),
});

function addTotp(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  const route = { tag, access: 'key', scope: 'project:settings' } as const;
  add({
    ...route,
    method: 'POST',
    paths: [`${stem}/totp`],
    id: 'enrolTotp',
    description: notForLibraries,
    summary: 'Begin to ask for one-time codes; a code confirms it',
    errors: [409],
    response: { 201: Enrolment },
    async handler(request, reply) {
      const { secret, uri } = await enrolTotp(db, sealer, await keyOf(services, request));
      const { bytes, contentType } = await renderQr({
        text: uri,
        format: 'png',
        size: 480,
        style: 'square',
        fg: '000000',
        bg: 'ffffff',
        borderSize: 0,
        borderColor: '000000',
      });
      reply.code(201).header('Cache-Control', 'no-store');
      return { secret, otpauthUri: uri, qr: `data:${contentType};base64,${bytes.toString('base64')}` };
    },
  });
  add({
    ...route,
    method: 'POST',
    paths: [`${stem}/totp/verify`],
    id: 'confirmTotp',
    summary: 'Confirm with a code; from now on every request of the key needs one',
    errors: [409],
    body: Type.Object({ code: Type.String({ minLength: 6, maxLength: 12, examples: ['123456'] }) }),
    response: { 200: KeyShape },
    async handler(request) {
      const key = await keyOf(services, request);
      await confirmTotp(db, sealer, key, { code: request.body.code, now: clock.now() });
      return shown(services, key);
    },
  });
  add({
    ...route,
    method: 'DELETE',
    paths: [`${stem}/totp`],
    id: 'deleteTotp',
    summary: 'Ask for one-time codes no longer',
    async handler(request, reply) {
      const key = await keyOf(services, request);
      await db.write((tx) => removeTotp(tx, key));
      return reply.code(204).send();
    },
  });
}

const ClientCert = shape('ClientCertificate', {
  certificate: Type.Optional(Type.String({ maxLength: 32_768, description: 'X.509 as PEM.' })),
  fingerprint: Type.Optional(
    Type.String({ maxLength: 200, description: 'Its SHA-256 fingerprint in hex, with or without colons.' }),
  ),
});

function addClientCert(add: AddRoute, services: Services): void {
  const { db } = services;
  const route = { tag, access: 'key', scope: 'project:settings' } as const;
  add({
    ...route,
    method: 'PUT',
    paths: [`${stem}/client-cert`],
    id: 'setClientCertificate',
    description: notForLibraries,
    summary: 'Register the client certificate that the key is used with',
    body: ClientCert,
    response: { 200: KeyShape },
    async handler(request) {
      const key = await keyOf(services, request);
      const fingerprint = fingerprintIn(request.body);
      await db.write((tx) => setClientCert(tx, key, fingerprint));
      return shown(services, key);
    },
  });
  add({
    ...route,
    method: 'DELETE',
    paths: [`${stem}/client-cert`],
    id: 'deleteClientCertificate',
    summary: 'Ask for a client certificate no longer',
    async handler(request, reply) {
      const key = await keyOf(services, request);
      await db.write((tx) => setClientCert(tx, key, null));
      return reply.code(204).send();
    },
  });
}

function fingerprintIn(body: { certificate?: string; fingerprint?: string }): string {
  if ((body.certificate === undefined) === (body.fingerprint === undefined)) {
    throw invalid('Give either certificate or fingerprint.');
  }
  if (body.certificate !== undefined) return fingerprintOfPem(body.certificate);
  const fingerprint = readFingerprint(body.fingerprint!);
  if (fingerprint === undefined) throw invalid('fingerprint must be a SHA-256 in hex: 64 digits.');
  return fingerprint;
}

function addSigning(add: AddRoute, services: Services): void {
  const { db, sealer } = services;
  const route = { tag, access: 'key', scope: 'project:settings' } as const;
  add({
    ...route,
    method: 'POST',
    paths: [`${stem}/signing-secret`],
    id: 'createSigningSecret',
    summary: 'Make a new signing secret; it is shown only here, and an old one ends at once',
    body: Type.Object({
      required: Type.Optional(Type.Boolean({ description: 'Refuse unsigned requests of this key.' })),
    }),
    response: {
      201: Type.Object({ signingSecret: Type.String(), signatureRequired: Type.Boolean() }),
    },
    async handler(request, reply) {
      const key = await keyOf(services, request);
      const signingSecret = await renewSigningSecret(db, sealer, key, request.body.required);
      const { signatureRequired } = await shown(services, key);
      reply.code(201).header('Cache-Control', 'no-store');
      return { signingSecret, signatureRequired };
    },
  });
  add({
    ...route,
    method: 'DELETE',
    paths: [`${stem}/signing-secret`],
    id: 'deleteSigningSecret',
    summary: 'Check signatures no longer',
    async handler(request, reply) {
      const key = await keyOf(services, request);
      await db.write((tx) => removeSigningSecret(tx, key));
      return reply.code(204).send();
    },
  });
}
