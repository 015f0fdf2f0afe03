/**
 * End-to-end encryption on the phone (docs/encryption.md): the photo is sealed under a fresh key, and that key for the
 * project alone. Loaded only where a session asks for it.
 */

/** Bytes that become base64 at once: a multiple of three, so that the pieces fit together. */
const slice = 24_576;
/** So many slices make one part of the document; between two parts the page may breathe. */
const slicesPerPart = 64;

export interface Hints {
  filename: string;
  mimeType: string;
  source: string;
}

/** Only a page that came over HTTPS (or from this machine) is given the means to encrypt. */
export function canSeal(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

/** The envelope of a photo as a JSON document. `publicKey` is PEM; the hints stay readable for the server. */
export async function sealPhoto(photo: Blob, publicKey: string, hints: Hints): Promise<Blob> {
  const { subtle } = crypto;
  const der = readPem(publicKey);
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const wrapping = await subtle.importKey('spki', der, algorithm, false, ['wrapKey']);
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const head = {
    algorithm: 'RSA-OAEP+AES-256-GCM',
    keyId: hex(await subtle.digest('SHA-256', der)),
    encryptedKey: base64(new Uint8Array(await subtle.wrapKey('raw', key, wrapping, 'RSA-OAEP'))),
    iv: base64(iv),
    ...hints,
  };
  const data = new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, key, await photo.arrayBuffer()));
  // The key stands before the photo, so that it can be opened as it arrives.
  const parts: BlobPart[] = [`${JSON.stringify(head).slice(0, -1)},"encryptedData":"`];
  for (let at = 0; at < data.length; at += slice * slicesPerPart) {
    // A Blob of its own: the browser may keep it on disk.
    parts.push(new Blob([base64(data.subarray(at, at + slice * slicesPerPart))]));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return new Blob([...parts, '"}'], { type: 'application/json' });
}

function readPem(pem: string): Uint8Array<ArrayBuffer> {
  const text = atob(pem.replace(/-----[^-]+-----|\s/g, ''));
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += slice) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + slice)));
  }
  return text;
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
