/** Sends a photo by tus-js-client, as a page of somebody else would; and single requests of the protocol. */
import { type HttpRequest, type HttpResponse, Upload, type UploadOptions } from 'tus-js-client';
import type { Answer, TestApp } from './app.ts';

export interface Sent {
  url: string;
  /** Of the last answer. */
  imageId: string | undefined;
  /** Method and status of each request that was answered. */
  answers: string[];
  /** What HEAD said. */
  offsets: number[];
}

/** Resolves when the client says that all is there; rejects with its error when it gives up. */
export function sendByTus(
  endpoint: string,
  photo: Buffer,
  options: Partial<UploadOptions> & { headers?: Record<string, string> } = {},
): Promise<Sent> {
  const answers: string[] = [];
  const offsets: number[] = [];
  let imageId: string | undefined;
  return new Promise((resolve, reject) => {
    const upload = new Upload(photo, {
      endpoint,
      retryDelays: [0, 10, 20, 50, 100, 200, 400, 800],
      ...options,
      onAfterResponse(request: HttpRequest, response: HttpResponse) {
        answers.push(`${request.getMethod()} ${response.getStatus()}`);
        if (request.getMethod() === 'HEAD') offsets.push(Number(response.getHeader('Upload-Offset')));
        imageId = response.getHeader('Aptr-Image-Id') ?? imageId;
      },
      onError: reject,
      onSuccess: () => resolve({ url: upload.url!, imageId, answers, offsets }),
    });
    upload.start();
  });
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const metadataOf = (members: Record<string, string>): string =>
  Object.entries(members)
    .map(([name, value]) => `${name} ${base64(value)}`)
    .join(',');

/** One request of the protocol. `path` without prefix. */
export function tusCall(
  app: TestApp,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Buffer,
): Promise<Answer> {
  return app.call(method, path, {
    key: null,
    headers: {
      'Tus-Resumable': '1.0.0',
      ...(body ? { 'Content-Type': 'application/offset+octet-stream' } : {}),
      ...headers,
    },
    ...(body ? { body } : {}),
  });
}
