/** Photos: send one, list them, read their bytes, or fetch them instead of having them delivered. */
import type { operations, PolledImage, WaitingImage } from './schema.ts';
import { dataOf, type Http } from './transport.ts';

type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

export interface Photo {
  /** Where it comes from; `camera` without. */
  source?: string;
  /** Of a session that has one. */
  password?: string;
  /** The file's own name is taken otherwise. */
  filename?: string;
}

export function createUploads(http: Http) {
  return {
    /** Sends one photo into a session; needs no key. Resolves when the server has stored it. */
    send: (session: string, file: Blob, { source, password, filename }: Photo = {}) => {
      const form = new FormData();
      if (source !== undefined) form.append('source', source);
      if (filename === undefined) form.append('file', file);
      else form.append('file', file, filename);
      return dataOf(
        http.POST('/api/v1/upload/{session}/images', {
          params: {
            path: { session },
            // Header values are Latin-1 at best, so the server takes them percent-encoded.
            header: password === undefined ? {} : { 'x-session-password': encodeURIComponent(password) },
          },
          body: { file },
          bodySerializer: () => form,
        }),
      );
    },
    list: (query: Query<'listUploads'> = {}) => dataOf(http.GET('/api/v1/uploads', { params: { query } })),
    recent: (limit?: number) =>
      dataOf(http.GET('/api/v1/uploads/recent', { params: { query: limit === undefined ? {} : { limit } } })),
    get: (image: string) => dataOf(http.GET('/api/v1/uploads/{image}', { params: { path: { image } } })),
    download: (image: string) =>
      dataOf(http.GET('/api/v1/uploads/{image}/download', { params: { path: { image } }, parseAs: 'blob' })),
    /** One delivery with every attempt. */
    delivery: (image: string, destination: string) =>
      dataOf(
        http.GET('/api/v1/uploads/{image}/destinations/{destination}', {
          params: { path: { image, destination } },
        }),
      ),
    retryDelivery: (image: string, destination: string) =>
      dataOf(
        http.POST('/api/v1/uploads/{image}/destinations/{destination}/retry', {
          params: { path: { image, destination } },
        }),
      ),
  };
}

export function createPolling(http: Http) {
  const acknowledge = (session: string, image: string) =>
    dataOf(
      http.POST('/api/v1/upload-sessions/{session}/images/{image}/ack', {
        params: { path: { session, image } },
      }),
    );
  const download = (session: string, image: string) =>
    dataOf(
      http.GET('/api/v1/upload-sessions/{session}/images/{image}', {
        params: { path: { session, image } },
        parseAs: 'blob',
      }),
    );
  const next = async (
    session: string,
    { timeout = 30, signal }: { timeout?: number; signal?: AbortSignal } = {},
  ): Promise<PolledImage | undefined> =>
    (await dataOf(
      http.GET('/api/v1/sessions/{session}/poll', {
        params: { path: { session }, query: { timeout } },
        ...(signal ? { signal } : {}),
      }),
    )) || undefined;
  return {
    /** All photos that wait to be fetched, at once. */
    list: async (session: string): Promise<WaitingImage[]> => {
      const params = { path: { session } };
      return (await dataOf(http.GET('/api/v1/upload-sessions/{session}/poll', { params }))).images;
    },
    /** Waits up to 30 seconds for the next photo, which is then yours for five minutes; undefined when none came. */
    next,
    download,
    acknowledge,
    /**
     * Hands every photo of a session to `take` and acknowledges it when that has resolved, until nothing more can come.
     * A photo whose `take` rejects is offered again after five minutes; the error is thrown.
     */
    async each(
      session: string,
      take: (image: PolledImage, bytes: Blob) => unknown,
      options: { signal?: AbortSignal } = {},
    ): Promise<void> {
      for (;;) {
        const image = await next(session, options).catch((error: { code?: string }) => {
          if (error.code === 'POLLING_COMPLETE') return null;
          throw error;
        });
        if (image === null) return;
        if (image === undefined) continue;
        await take(image, await download(session, image.id));
        await acknowledge(session, image.id);
      }
    },
  };
}
