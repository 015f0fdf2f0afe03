/** What is refused, before a byte is read and once the bytes are known. Order of checks: contract §1.11. */
import { AppError, invalid } from '../errors.ts';
import { type Clock, toIso } from '../lib/clock.ts';
import { decodePasswordHeader, verifyAnyPassword } from '../sessions/password.ts';
import { type Session, statusOf } from '../sessions/session.ts';
import type { ByteSource } from './byte-source.ts';
import { e2eType } from './envelope.ts';
import { type Encryption, isJson, type ReceivedForm, readEncryption, requestBytes } from './upload-form.ts';

export interface UploadRequest {
  body: ByteSource;
  contentType: string;
  /** Bytes of the whole body as declared; undefined when it was not. */
  declaredLength: number | undefined;
  passwordHeader: string | readonly string[] | undefined;
  /** Whether one of these opens the session; may refuse to say when too many were tried. Default: no such bound. */
  isPassword?: (candidates: readonly string[]) => Promise<boolean>;
  /** `X-Aptr-Encrypted`. */
  encryptionHeader: string | readonly string[] | undefined;
  /** The client's own name for the photo, when it said one before the body: sent again, it is the same image. */
  clientId?: string | undefined;
}

/** What can be said before a byte is read: expired, full, completed, password, declared length, kind of encryption. */
export async function checkBefore(
  clock: Clock,
  session: Session,
  upload: Omit<UploadRequest, 'body'>,
): Promise<Encryption> {
  refuseEnded(session, clock.now());
  await checkPassword(session, upload);
  const { declaredLength, encryptionHeader, contentType } = upload;
  const sealed = encryptionHeader !== undefined || isJson(contentType);
  if (declaredLength !== undefined && declaredLength > requestBytes(session.limits.imageBytes, sealed))
    throw tooLarge(session);
  const encryption = readEncryption(encryptionHeader);
  checkEndToEnd(session, encryption);
  return encryption;
}

/** A project with a key of its own may refuse photos that we could read. */
function checkEndToEnd({ e2e }: Session, encryption: Encryption): void {
  if (encryption === 'end-to-end' && !e2e.enabled) {
    throw invalid('X-Aptr-Encrypted: this session takes no end-to-end encrypted photos.');
  }
  if (encryption !== 'end-to-end' && e2e.required) {
    throw new AppError(
      400,
      'E2E_REQUIRED',
      'This session takes only photos that are end-to-end encrypted. Send them with X-Aptr-Encrypted: e2e.',
    );
  }
}

/** Throws what `whyEnded` finds. */
export function refuseEnded(session: Session, now: number): void {
  const refusal = whyEnded(session, now);
  if (refusal) throw refusal;
}

/** "Full" comes before "completed": a session that ended because it filled up says so. */
export function whyEnded(session: Session, now: number): AppError | undefined {
  const status = statusOf(session, now);
  if (status === 'expired') {
    return new AppError(
      410,
      'SESSION_EXPIRED',
      `This link expired at ${toIso(session.expiresAt)}. Ask for a new one.`,
    );
  }
  if (session.imagesCount >= session.limits.maxImages) return full(session);
  if (status === 'completed') {
    return new AppError(409, 'SESSION_COMPLETED', 'This session is completed and takes no more photos.');
  }
  return undefined;
}

/** 422 */
export const full = (session: Session): AppError =>
  new AppError(
    422,
    'SESSION_FULL',
    `This session is full: it takes ${session.limits.maxImages} photos and has them.`,
  );

const tooLarge = (session: Session): AppError => {
  const megabytes = Math.floor(session.limits.imageBytes / (1024 * 1024));
  return new AppError(
    413,
    'FILE_TOO_LARGE',
    `The photo is too large: at most ${megabytes} MB are taken here.`,
  );
};

/** Throws AppError 401 when the session has a password and none of those given is it. */
export async function checkPassword(
  { passwordHash }: Session,
  { passwordHeader, isPassword }: Pick<UploadRequest, 'passwordHeader' | 'isPassword'>,
): Promise<void> {
  if (passwordHash === null) return;
  const candidates = decodePasswordHeader(passwordHeader);
  if (candidates.length === 0) {
    throw new AppError(401, 'SESSION_PASSWORD_REQUIRED', 'This session needs its password.');
  }
  const isRight = await (isPassword?.(candidates) ?? verifyAnyPassword(candidates, passwordHash));
  if (!isRight) {
    throw new AppError(401, 'SESSION_PASSWORD_INVALID', 'The password is not the one of this session.');
  }
}

/** A session that wants JPEG takes HEIC too: it becomes what is wanted. */
function takes({ limits, processing }: Session, type: string): boolean {
  if (limits.mimeTypes.includes(type)) return true;
  return type === 'image/heic' && processing.format === 'jpeg' && limits.mimeTypes.includes('image/jpeg');
}

/** Pixels of the longest side that this session keeps. */
export const longestSide = ({ limits, plan }: Session): number =>
  Math.min(limits.dimension ?? plan.imageDimension, plan.imageDimension);

/** A photo that may be kept, as its bytes say. */
export interface CheckedImage {
  filename: string;
  source: string;
  sizeBytes: number;
  sha256: string;
  mimeType: string;
  width: number;
  height: number;
  isEncrypted: boolean;
}

/** What the bytes say: size, type, readable, dimension. Of an envelope that only the project opens they say nothing. */
export function checkImage(form: ReceivedForm, session: Session): CheckedImage {
  const { inspection, sizeBytes, sha256, filename, source } = form;
  const isEncrypted = form.encryption !== 'none';
  if (inspection === undefined) {
    return { filename, source, sizeBytes, sha256, mimeType: e2eType, width: 0, height: 0, isEncrypted };
  }
  if (sizeBytes === 0)
    throw new AppError(400, 'IMAGE_UNREADABLE', 'The photo is empty (0 bytes). Choose it again.');
  const type = inspection.mimeType;
  if (type === undefined || !takes(session, type)) {
    const taken = session.limits.mimeTypes.map((name) => name.replace('image/', '').toUpperCase()).join(', ');
    throw new AppError(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      `This file is not a photo of a type taken here (${taken}).`,
    );
  }
  if (!inspection.ok) {
    const why =
      inspection.problem === 'truncated'
        ? 'The photo is not whole: its end is missing. Choose it again.'
        : 'The photo cannot be read: its file is damaged. Choose another.';
    throw new AppError(400, 'IMAGE_UNREADABLE', why);
  }
  const { width, height } = inspection;
  // What is made smaller anyhow may come larger, as far as the plan goes.
  const allowed = session.processing.downscale ? session.plan.imageDimension : longestSide(session);
  if (Math.max(width, height) > allowed || width * height > session.plan.imageMegapixels * 1_000_000) {
    const message = `The photo is ${width} × ${height} pixels; at most ${allowed} a side are taken here.`;
    throw new AppError(400, 'IMAGE_DIMENSION_EXCEEDED', message);
  }
  return { filename, source, sizeBytes, sha256, mimeType: type, width, height, isEncrypted };
}
