/**
 * What file servers have in common (FTP, SFTP, WebDAV): a photo is written under a temporary name in its final folder,
 * compared, and given its name in one step. How a protocol does each of these is its session's affair.
 */
import path from 'node:path';
import { type Conflict, keptExcerpt, type Placed, placeImage } from './conflict.ts';
import { createSessionPool, type SessionPool } from './connection-pool.ts';
import type { Connection, ConnectionServices, DeliverableImage, Receipt } from './destination.ts';
import { checkFileServer } from './file-server-check.ts';
import { FileServerError, stopped } from './file-server-error.ts';
import { type FileServer, type FileSession, temporaryName } from './file-session.ts';
import { renderTemplate } from './templates.ts';

/** How long removing a temporary file may take after a delivery failed; the next attempt replaces it anyway. */
const cleanUpMs = 3_000;

export function createFileConnection(
  server: FileServer,
  services: Pick<ConnectionServices, 'logger'>,
): Connection {
  const habits: Habits = { straight: undefined, naming: new Map() };
  const pool = createSessionPool<FileSession>({
    open: (signal) => server.open(signal),
    limit: server.maxSessions,
    ...(server.idleMs === undefined ? {} : { idleMs: server.idleMs }),
    isCrowded: (error) => error instanceof FileServerError && error.crowded,
  });

  async function deliver(image: DeliverableImage, signal: AbortSignal): Promise<Receipt> {
    const started = performance.now();
    const wanted = renderTemplate(server.template, image);
    const left: { path?: string } = {};
    try {
      return await pool.use(signal, async (session, reused) => {
        const placing = new Placing(session, image, habits, left);
        const receipt = await placing.place(wanted, server.conflict);
        const opening = reused ? { resolve: 0, connect: 0, tls: 0 } : session.opening;
        const total = Math.round((performance.now() - started) * 10) / 10;
        return { ...receipt, phases: { ...opening, total }, address: session.address };
      });
    } catch (error) {
      await cleanUp(pool, left.path).catch(() => {
        services.logger.debug({ delivery: image.deliveryId }, 'A temporary file may have been left behind');
      });
      if (signal.aborted) throw stopped();
      throw error;
    }
  }

  return {
    deliver,
    check: (signal) => checkFileServer(server, signal),
    close: async () => pool.close(),
  };
}

async function cleanUp(pool: SessionPool<FileSession>, temporary: string | undefined): Promise<void> {
  if (temporary === undefined) return;
  await pool.use(AbortSignal.timeout(cleanUpMs), (session) => session.remove(temporary));
}

interface Habits {
  /** Why photos are written straight under their names, where that is all that the server lets us do. */
  straight: string | undefined;
  /** Names that are being taken. */
  naming: Map<string, Promise<unknown>>;
}

const noRename = 'The server does not rename; written straight under its name.';
const noTemporary = 'The server takes no temporary names; written straight under its name.';

type Written = { verifiedBy: Receipt['verifiedBy'] };

/** One photo on its way to its name. */
class Placing {
  readonly #session: FileSession;
  readonly #image: DeliverableImage;
  readonly #habits: Habits;
  /** The temporary file that may be there; outlives this object, for whoever cleans up after a failure. */
  readonly #left: { path?: string };
  #conflict: Conflict = 'overwrite';
  #folder = '';
  #uploaded: Written | undefined;

  constructor(session: FileSession, image: DeliverableImage, habits: Habits, left: { path?: string }) {
    this.#session = session;
    this.#image = image;
    this.#habits = habits;
    this.#left = left;
  }

  async place(wanted: string, conflict: Conflict): Promise<Receipt> {
    this.#conflict = conflict;
    const target = await this.#session.makeRoom(wanted);
    this.#folder = path.posix.dirname(target);
    const placed = await this.#placeAt(target);
    await this.#removeTemporary();
    const excerpt = placed.outcome === 'kept' ? keptExcerpt : this.#remark(wanted, target);
    return {
      remotePath: this.#session.show(placed.path),
      bytes: this.#image.sizeBytes,
      verifiedBy: verifiedBy(placed),
      excerpt,
    };
  }

  async #placeAt(target: string): Promise<Placed<Written>> {
    if (this.#conflict === 'overwrite') {
      return { outcome: 'written', path: target, written: await this.#overwrite(target) };
    }
    return await placeImage(this.#image, target, this.#conflict, {
      look: (place) => this.#session.look(place, this.#image),
      overwrite: (place) => this.#overwrite(place),
      writeIfFree: (place) => this.#writeIfFree(place),
    });
  }

  async #overwrite(target: string): Promise<Written> {
    if (this.#habits.straight) return await this.#uploadTo(target);
    const uploaded = await this.#uploadTemporary();
    const outcome = uploaded && (await this.#session.rename(this.#temporary(), target, 'replace'));
    if (outcome === 'done') return this.#renamed(uploaded!);
    return await this.#goStraight(outcome ? noRename : noTemporary, () => this.#uploadTo(target));
  }

  async #writeIfFree(target: string): Promise<Written | 'taken'> {
    if (this.#habits.straight) return await this.#uploadIfFree(target);
    const uploaded = await this.#uploadTemporary();
    const outcome =
      uploaded &&
      (await this.#inTurn(target, () => this.#session.rename(this.#temporary(), target, 'if-free')));
    if (outcome === 'done') return this.#renamed(uploaded!);
    if (outcome === 'taken') return 'taken';
    if (outcome === 'unknown') return this.#undecided();
    return await this.#goStraight(outcome ? noRename : noTemporary, () => this.#uploadIfFree(target));
  }

  /** When it works, later photos go straight at once and are not sent twice. */
  async #goStraight<T>(why: string, work: () => Promise<T>): Promise<T> {
    await this.#removeTemporary();
    const outcome = await work();
    this.#habits.straight = why;
    return outcome;
  }

  /** Without renaming there is nothing that writes only where nothing is; looking first leaves a small gap. */
  #uploadIfFree(target: string): Promise<Written | 'taken'> {
    return this.#inTurn(target, () => this.#lookAndUpload(target));
  }

  async #lookAndUpload(target: string): Promise<Written | 'taken'> {
    const found = await this.#session.look(target, this.#image);
    if (found === 'nothing' || found === 'ours') return await this.#uploadTo(target);
    if (found === 'another') return 'taken';
    return this.#undecided();
  }

  /** Whether something is there cannot be found out: only a name of the photo's own is sure to replace nothing. */
  #undecided(): 'taken' {
    if (this.#conflict === 'rename') return 'taken';
    throw new FileServerError(
      'The server does not say whether a file of that name is there, so the conflict rule cannot be kept.',
      'Let the account read and list, or choose rename, or overwrite with {image_id} in the template.',
      { fate: 'give-up' },
    );
  }

  /**
   * One at a time for each name: where a protocol has no step that takes a name only when it is free (FTP), looking and
   * taking must not be mixed with those of another photo.
   */
  async #inTurn<T>(target: string, work: () => Promise<T>): Promise<T> {
    const { naming } = this.#habits;
    const turn = (naming.get(target) ?? Promise.resolve()).then(work, work);
    naming.set(target, turn);
    try {
      return await turn;
    } finally {
      if (naming.get(target) === turn) naming.delete(target);
    }
  }

  /** Undefined when the server refused it before anything was written: it may be the name that it does not like. */
  async #uploadTemporary(): Promise<Written | undefined> {
    try {
      this.#uploaded ??= await this.#uploadTo(this.#temporary());
      return this.#uploaded;
    } catch (error) {
      if (!(error instanceof FileServerError) || !error.early) throw error;
      delete this.#left.path;
      return undefined;
    }
  }

  async #uploadTo(target: string): Promise<Written> {
    if (target === this.#temporary()) this.#left.path = target;
    const upload = await this.#session.upload(target, this.#image);
    return { verifiedBy: await upload.verify(target) };
  }

  #renamed(uploaded: Written): Written {
    delete this.#left.path;
    return uploaded;
  }

  async #removeTemporary(): Promise<void> {
    if (this.#left.path === undefined) return;
    // What cannot be removed is no reason to send the photo again.
    await this.#session.remove(this.#left.path).catch(() => undefined);
    delete this.#left.path;
  }

  #temporary(): string {
    return path.posix.join(this.#folder, temporaryName(this.#image));
  }

  #remark(wanted: string, target: string): string | null {
    if (target !== wanted) return 'The server does not let this account make folders; the name is flat.';
    return this.#habits.straight ?? null;
  }
}

function verifiedBy(placed: Placed<Written>): Receipt['verifiedBy'] {
  if (placed.outcome === 'written') return placed.written.verifiedBy;
  // What is `ours` was compared by its bytes.
  return placed.outcome === 'ours' ? 'hash' : 'none';
}
