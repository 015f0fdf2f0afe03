/**
 * Encrypted uploads as the published clients write them, byte for byte in what matters: order and case of the members,
 * escapes, OAEP hash, form or plain JSON, names of the parts.
 */
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';

export interface Sealed {
  encryptedKey: string;
  iv: string;
  encryptedData: string;
}

/** AES-256-GCM under a fresh key, the key wrapped with RSA-OAEP. */
export function seal(photo: Buffer, publicKey: string, oaepHash: 'sha256' | 'sha1' = 'sha256'): Sealed {
  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const data = Buffer.concat([cipher.update(photo), cipher.final(), cipher.getAuthTag()]);
  const wrapped = publicEncrypt({ key: publicKey, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, key);
  return {
    encryptedKey: wrapped.toString('base64'),
    iv: iv.toString('base64'),
    encryptedData: data.toString('base64'),
  };
}

export interface SdkUpload {
  contentType: string;
  body: Buffer;
}

export interface Sdk {
  name: string;
  /** Whether the name of the photo reaches the server; otherwise it is `image.jpg`. */
  tellsName: boolean;
  source: string;
  encode(photo: Buffer, filename: string, publicKey: string): SdkUpload;
}

const algorithm = 'RSA-OAEP+AES-256-GCM';

function json(text: string): SdkUpload {
  return { contentType: 'application/json', body: Buffer.from(text) };
}

interface FormLook {
  boundary: string;
  /** The head of the file part, without its line ends. */
  fileHead: string[];
  source?: 'first' | 'last';
  quotedBoundary?: boolean;
  nameOfSource?: string;
}

function form(document: string, look: FormLook): SdkUpload {
  const { boundary, fileHead, source, quotedBoundary } = look;
  const field = `--${boundary}\r\nContent-Disposition: form-data; name=${look.nameOfSource ?? '"source"'}\r\n\r\nsdk\r\n`;
  const file = `--${boundary}\r\n${fileHead.join('\r\n')}\r\n\r\n${document}\r\n`;
  const parts = source === 'first' ? field + file : source === 'last' ? file + field : file;
  return {
    contentType: `multipart/form-data; boundary=${quotedBoundary ? `"${boundary}"` : boundary}`,
    body: Buffer.from(`${parts}--${boundary}--\r\n`),
  };
}

const octets = 'Content-Type: application/octet-stream';
const fileNamed = (name: string): string => `Content-Disposition: form-data; name="file"; filename="${name}"`;

/** Members sorted by name, as Go writes maps: the photo comes before its key. */
const sorted = (members: Record<string, string>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))));

const extras = (filename: string) => ({ algorithm, filename, mimeType: 'image/jpeg', source: 'sdk' });

export const sdks: readonly Sdk[] = [
  {
    name: 'Node (A)',
    tellsName: true,
    source: 'sdk',
    encode: (photo, filename, key) => json(JSON.stringify({ ...seal(photo, key), ...extras(filename) })),
  },
  {
    name: 'PHP 0.1.5 (A): OAEP SHA-1, escaped slashes',
    tellsName: true,
    source: 'sdk',
    encode: (photo, filename, key) =>
      json(JSON.stringify({ ...seal(photo, key, 'sha1'), ...extras(filename) }).replaceAll('/', '\\/')),
  },
  {
    name: 'Perl (A): OAEP SHA-1, members in the order of a hash',
    tellsName: true,
    source: 'sdk',
    encode(photo, filename, key) {
      const { encryptedData, encryptedKey, iv } = seal(photo, key, 'sha1');
      const { mimeType, ...rest } = extras(filename);
      return json(JSON.stringify({ mimeType, encryptedData, iv, ...rest, encryptedKey }, null, 3));
    },
  },
  {
    name: 'Go, older (A): a sorted map',
    tellsName: true,
    source: 'sdk',
    encode: (photo, filename, key) => json(sorted({ ...seal(photo, key), ...extras(filename) })),
  },
  {
    name: 'Ruby 0.1.5 (B): mixed cases, broken lines in base64',
    tellsName: true,
    source: 'sdk',
    encode(photo, filename, key) {
      const lines = (text: string) => text.replace(/.{60}/g, '$&\n');
      const { encryptedKey, iv, encryptedData } = seal(photo, key);
      const members = { encrypted_key: lines(encryptedKey), iv, encrypted_data: lines(encryptedData) };
      return json(JSON.stringify({ ...members, ...extras(filename) }));
    },
  },
  {
    name: '.NET, older (B): snake case, escaped plus signs',
    tellsName: true,
    source: 'sdk',
    encode(photo, filename, key) {
      const { encryptedKey, iv, encryptedData } = seal(photo, key);
      const { mimeType, ...rest } = extras(filename);
      const members = { encrypted_key: encryptedKey, iv, encrypted_data: encryptedData, ...rest };
      return json(JSON.stringify({ ...members, mime_type: mimeType }).replaceAll('+', '\\u002B'));
    },
  },
  {
    name: 'Python (C)',
    tellsName: true,
    source: 'sdk',
    encode: (photo, filename, key) =>
      form(JSON.stringify({ ...seal(photo, key), algorithm }), {
        boundary: 'c0ffee00c0ffee00c0ffee00c0ffee00',
        source: 'first',
        fileHead: [fileNamed(`${filename}.enc`), octets],
      }),
  },
  {
    name: 'Java (C)',
    tellsName: true,
    source: 'sdk',
    encode: (photo, filename, key) =>
      form(sorted({ ...seal(photo, key), algorithm }), {
        boundary: '----AperturBoundary7MA4YWxkTrZu0gW',
        source: 'last',
        fileHead: [fileNamed(`${filename}.enc`), octets],
      }),
  },
  {
    name: 'Rust and Go (C): a constant name, no source',
    tellsName: false,
    source: 'camera',
    encode: (photo, _filename, key) =>
      form(JSON.stringify({ ...seal(photo, key), algorithm }), {
        boundary: '7b1f-4c2d-9e',
        fileHead: [fileNamed('image.jpg.enc'), octets],
      }),
  },
  {
    name: '.NET (C): bare names, quoted boundary, filename*',
    tellsName: false,
    source: 'sdk',
    encode: (photo, _filename, key) =>
      form(JSON.stringify({ ...seal(photo, key), algorithm }).replaceAll('+', '\\u002B'), {
        boundary: '5f3b2e61-0f6e-4c55-8b9f-3a4e58d1c001',
        quotedBoundary: true,
        source: 'last',
        nameOfSource: 'source',
        fileHead: [
          octets,
          "Content-Disposition: form-data; name=file; filename=image.jpg.enc; filename*=utf-8''image.jpg.enc",
        ],
      }),
  },
  {
    name: 'PHP, newer (D): the name inside, a length in the part',
    tellsName: true,
    source: 'sdk',
    encode(photo, filename, key) {
      const document = JSON.stringify({ ...seal(photo, key), ...extras(filename) }).replaceAll('/', '\\/');
      return form(document, {
        boundary: 'd8a1f3b2c4e5',
        fileHead: [fileNamed(filename), `Content-Length: ${Buffer.byteLength(document)}`, octets],
      });
    },
  },
];
