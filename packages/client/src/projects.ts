/** What belongs to a project: destinations, event webhooks, replays, keys, its plan. */
import type {
  ClientCertificate,
  KeyChange,
  KeyDestinationsChange,
  NewE2eKey,
  NewKey,
  NewReplay,
  NewWebhook,
  operations,
  WebhookChange,
} from './schema.ts';
import { dataOf, type Http } from './transport.ts';

type Body<Name extends keyof operations> =
  NonNullable<operations[Name]['requestBody']> extends { content: { 'application/json': infer Json } }
    ? Json
    : never;
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

export function createDestinations(http: Http) {
  const all = '/api/v1/projects/{project}/destinations';
  const one = '/api/v1/projects/{project}/destinations/{destination}';
  const at = (project: string, destination: string) => ({ params: { path: { project, destination } } });
  return {
    list: (project: string) => dataOf(http.GET(all, { params: { path: { project } } })),
    create: (project: string, body: Body<'createDestination'>) =>
      dataOf(http.POST(all, { params: { path: { project } }, body })),
    get: (project: string, destination: string) => dataOf(http.GET(one, at(project, destination))),
    update: (project: string, destination: string, body: Body<'updateDestination'>) =>
      dataOf(http.PATCH(one, { ...at(project, destination), body })),
    delete: async (project: string, destination: string) => {
      await dataOf(http.DELETE(one, at(project, destination)));
    },
    /** Tries it for real; resolves with `success: false` when it does not work. */
    test: (project: string, destination: string) =>
      dataOf(http.POST(`${one}/test`, at(project, destination))),
    disconnect: (project: string, destination: string) =>
      dataOf(http.POST(`${one}/disconnect`, at(project, destination))),
    folders: (project: string, destination: string, parent?: string) =>
      dataOf(
        http.GET(`${one}/folders`, {
          params: { path: { project, destination }, query: parent === undefined ? {} : { parent } },
        }),
      ),
    createFolder: (project: string, destination: string, body: Body<'createFolder'>) =>
      dataOf(http.POST(`${one}/folders`, { ...at(project, destination), body })),
  };
}

export function createWebhooks(http: Http) {
  const all = '/api/v1/projects/{project}/webhooks';
  const one = '/api/v1/projects/{project}/webhooks/{webhook}';
  const delivery = '/api/v1/projects/{project}/webhooks/{webhook}/deliveries/{delivery}';
  const at = (project: string, webhook: string) => ({ params: { path: { project, webhook } } });
  return {
    list: (project: string) => dataOf(http.GET(all, { params: { path: { project } } })),
    create: (project: string, body: NewWebhook) =>
      dataOf(http.POST(all, { params: { path: { project } }, body })),
    get: (project: string, webhook: string) => dataOf(http.GET(one, at(project, webhook))),
    update: (project: string, webhook: string, body: WebhookChange) =>
      dataOf(http.PATCH(one, { ...at(project, webhook), body })),
    delete: async (project: string, webhook: string) => {
      await dataOf(http.DELETE(one, at(project, webhook)));
    },
    test: (project: string, webhook: string) => dataOf(http.POST(`${one}/test`, at(project, webhook))),
    rotateSecret: (project: string, webhook: string, overlapDays?: number) =>
      dataOf(
        http.POST(`${one}/rotate-secret`, {
          ...at(project, webhook),
          body: overlapDays === undefined ? {} : { overlapDays },
        }),
      ),
    retryPreview: (project: string, webhook: string, query: Query<'previewRetries'> = {}) =>
      dataOf(http.GET(`${one}/retry-preview`, { params: { path: { project, webhook }, query } })),
    /** What was held while the webhook was off. */
    held: (project: string, webhook: string, action: 'deliver' | 'drop') =>
      dataOf(http.POST(`${one}/held`, { ...at(project, webhook), body: { action } })),
    deliveries: (project: string, webhook: string, query: Query<'listWebhookDeliveries'> = {}) =>
      dataOf(http.GET(`${one}/deliveries`, { params: { path: { project, webhook }, query } })),
    delivery: (project: string, webhook: string, id: string) =>
      dataOf(http.GET(delivery, { params: { path: { project, webhook, delivery: id } } })),
    retry: (project: string, webhook: string, id: string) =>
      dataOf(http.POST(`${delivery}/retry`, { params: { path: { project, webhook, delivery: id } } })),
    eventTypes: () => dataOf(http.GET('/api/v1/event-types')),
  };
}

export function createReplays(http: Http) {
  const all = '/api/v1/projects/{project}/replays';
  const one = '/api/v1/projects/{project}/replays/{replay}';
  const at = (project: string, replay: string) => ({ params: { path: { project, replay } } });
  return {
    list: (project: string) => dataOf(http.GET(all, { params: { path: { project } } })),
    create: (project: string, body: NewReplay) =>
      dataOf(http.POST(all, { params: { path: { project } }, body })),
    get: (project: string, replay: string) => dataOf(http.GET(one, at(project, replay))),
    cancel: (project: string, replay: string) => dataOf(http.POST(`${one}/cancel`, at(project, replay))),
  };
}

export function createKeys(http: Http) {
  const all = '/api/v1/projects/{project}/keys';
  const one = '/api/v1/projects/{project}/keys/{key}';
  const at = (project: string, key: string) => ({ params: { path: { project, key } } });
  return {
    list: (project: string) => dataOf(http.GET(all, { params: { path: { project } } })),
    /** `plainTextKey` of the answer is shown only here. */
    create: (project: string, body: NewKey) =>
      dataOf(http.POST(all, { params: { path: { project } }, body })),
    get: (project: string, key: string) => dataOf(http.GET(one, at(project, key))),
    update: (project: string, key: string, body: KeyChange) =>
      dataOf(http.PATCH(one, { ...at(project, key), body })),
    delete: async (project: string, key: string) => {
      await dataOf(http.DELETE(one, at(project, key)));
    },
    setDestinations: (key: string, body: KeyDestinationsChange) =>
      dataOf(http.PUT('/api/v1/keys/{key}/destinations', { params: { path: { key } }, body })),
    enrolTotp: (project: string, key: string) => dataOf(http.POST(`${one}/totp`, at(project, key))),
    confirmTotp: (project: string, key: string, code: string) =>
      dataOf(http.POST(`${one}/totp/verify`, { ...at(project, key), body: { code } })),
    deleteTotp: async (project: string, key: string) => {
      await dataOf(http.DELETE(`${one}/totp`, at(project, key)));
    },
    setClientCertificate: (project: string, key: string, body: ClientCertificate) =>
      dataOf(http.PUT(`${one}/client-cert`, { ...at(project, key), body })),
    deleteClientCertificate: async (project: string, key: string) => {
      await dataOf(http.DELETE(`${one}/client-cert`, at(project, key)));
    },
    /** `signingSecret` of the answer is shown only here. */
    createSigningSecret: (project: string, key: string, body: Body<'createSigningSecret'> = {}) =>
      dataOf(http.POST(`${one}/signing-secret`, { ...at(project, key), body })),
    deleteSigningSecret: async (project: string, key: string) => {
      await dataOf(http.DELETE(`${one}/signing-secret`, at(project, key)));
    },
  };
}

export function createPlans(http: Http) {
  const at = (project: string) => ({ params: { path: { project } } });
  return {
    list: () => dataOf(http.GET('/api/v1/plans')),
    usage: (project: string) => dataOf(http.GET('/api/v1/projects/{project}/usage', at(project))),
    change: (project: string, plan: string) =>
      dataOf(http.PUT('/api/v1/projects/{project}/plan', { ...at(project), body: { plan } })),
    checkout: (project: string, plan: string) =>
      dataOf(http.POST('/api/v1/projects/{project}/billing/checkout', { ...at(project), body: { plan } })),
    portal: (project: string) => dataOf(http.POST('/api/v1/projects/{project}/billing/portal', at(project))),
  };
}

export function createEncryption(http: Http) {
  const own = '/api/v1/projects/{project}/e2e-key';
  const at = (project: string) => ({ params: { path: { project } } });
  return {
    /** The server's public key, PEM. */
    serverKey: async () => (await dataOf(http.GET('/api/v1/encryption/server-key'))).publicKey,
    ownKey: (project: string) => dataOf(http.GET(own, at(project))),
    setOwnKey: (project: string, body: NewE2eKey) => dataOf(http.PUT(own, { ...at(project), body })),
    deleteOwnKey: async (project: string) => {
      await dataOf(http.DELETE(own, at(project)));
    },
  };
}
