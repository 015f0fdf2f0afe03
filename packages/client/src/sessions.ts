/** Upload sessions: create one, show its QR code, follow it to its end. */
import type { DeliveryStatus, NewSession, operations, SessionChange } from './schema.ts';
import { dataOf, type Http } from './transport.ts';

type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

export interface Waiting {
  signal?: AbortSignal;
}

export function createSessions(http: Http) {
  const of = (session: string) => ({ path: { session } });
  const deliveryStatus = (session: string, options: { pollFrom?: string } & Waiting = {}) => {
    const { pollFrom, signal } = options;
    return dataOf(
      http.GET('/api/v1/upload-sessions/{session}/delivery-status', {
        params: { ...of(session), query: pollFrom === undefined ? {} : { pollFrom } },
        ...(signal ? { signal } : {}),
      }),
    );
  };
  return {
    create: (body: NewSession = {}) => dataOf(http.POST('/api/v1/upload-sessions', { body })),
    /** As the phone sees it; needs no key. */
    get: (session: string) => dataOf(http.GET('/api/v1/upload/{session}/session', { params: of(session) })),
    update: (session: string, body: SessionChange) =>
      dataOf(http.PATCH('/api/v1/upload-sessions/{session}', { params: of(session), body })),
    close: (session: string) =>
      dataOf(http.POST('/api/v1/upload-sessions/{session}/close', { params: of(session) })),
    list: (query: Query<'listSessions'> = {}) => dataOf(http.GET('/api/v1/sessions', { params: { query } })),
    recent: (limit?: number) =>
      dataOf(
        http.GET('/api/v1/sessions/recent', { params: { query: limit === undefined ? {} : { limit } } }),
      ),
    /** The QR code as a picture. */
    qr: (session: string, query: Query<'getSessionQr'> = {}) =>
      dataOf(
        http.GET('/api/v1/upload-sessions/{session}/qr', {
          params: { ...of(session), query },
          parseAs: 'blob',
        }),
      ),
    /** Whether the password is right. */
    verifyPassword: async (session: string, password: string) => {
      const answer = http.POST('/api/v1/upload/{session}/verify-password', {
        params: of(session),
        body: { password },
      });
      return (await dataOf(answer)).valid;
    },
    /** Where each photo is. With `pollFrom` (the `lastChanged` of the answer before) it waits for a change. */
    deliveryStatus,
    /** Gives the delivery status whenever it changes, until the session has ended and every delivery is decided. */
    async *follow(session: string, options: Waiting = {}): AsyncGenerator<DeliveryStatus, void> {
      let pollFrom: string | undefined;
      for (;;) {
        const status = await deliveryStatus(session, { ...options, ...(pollFrom ? { pollFrom } : {}) });
        if (status.lastChanged !== pollFrom) yield status;
        if (isOver(status)) return;
        pollFrom = status.lastChanged;
      }
    },
  };
}

function isOver({ status, files }: DeliveryStatus): boolean {
  const decided = files
    .flatMap((file) => file.destinations)
    .every((one) => /^(sent|failed)$/.test(one.status));
  return decided && (status === 'completed' || status === 'expired');
}
