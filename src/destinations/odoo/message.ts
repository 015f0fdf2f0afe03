/** What Odoo is told of a photo, and what its answers mean. Contract §9.6. */

import type { OutboundResponse } from '../../lib/outbound.ts';
import type { DeliverableImage } from '../destination.ts';
import { plain, readJson } from '../oauth-client.ts';

const modes = ['contact', 'internal', 'public'] as const;

interface Entity {
  model: string;
  res_id: number;
  mode: (typeof modes)[number];
}

/** The body for one photo; `topic` is one that the receiver acts on. */
export function messageOf(image: DeliverableImage, downloadUrl: string, topic = 'image.delivered'): string {
  const tags = tagTexts(image.tags);
  const entity = entityOf(image.metadata, tags);
  const entityTag = entity && `odoo:${entity.model}:${entity.res_id}`;
  if (entityTag !== undefined && !tags.includes(entityTag)) tags.push(entityTag);
  return JSON.stringify({
    topic,
    data: {
      id: image.id,
      filename: image.filename,
      size_bytes: image.sizeBytes,
      mime_type: image.mimeType,
      session_id: image.sessionId,
      download_url: downloadUrl,
      tags,
      metadata: { ...image.metadata, ...(entity ? { odoo: entity } : {}) },
    },
  });
}

/** The receiver calls `startswith` on each tag, so each is text. */
function tagTexts(tags: DeliverableImage['tags']): string[] {
  if (tags === null) return [];
  if (Array.isArray(tags)) return tags.map(String);
  return Object.entries(tags).map(([name, value]) => `${name}:${value}`);
}

/** The record that the photo belongs to: from the session's metadata, else from a tag `odoo:<model>:<id>`. */
function entityOf(metadata: Record<string, unknown> | null, tags: readonly string[]): Entity | undefined {
  const given = metadata?.odoo as Partial<Record<keyof Entity, unknown>> | undefined;
  if (typeof given === 'object' && given !== null && typeof given.model === 'string') {
    return { ...given, model: given.model, res_id: Number(given.res_id), mode: modeOf(given.mode) };
  }
  const tag = tags.map((text) => /^odoo:([\w.]+):(\d+)$/.exec(text)).find((match) => match !== null);
  return tag ? { model: tag[1]!, res_id: Number(tag[2]), mode: 'internal' } : undefined;
}

const modeOf = (given: unknown): Entity['mode'] => modes.find((mode) => mode === given) ?? 'internal';

/** What the receiver said. Odoo wraps it in a JSON-RPC envelope and answers 200 whatever happened. */
export type Verdict = { status: 'ok' } | { status: 'error' | 'other' | 'no envelope'; message: string };

export function readVerdict(answer: OutboundResponse): Verdict {
  const { result, error } = readJson(answer) as {
    result?: { status?: unknown; message?: unknown; error?: unknown };
    error?: { message?: unknown; data?: { message?: unknown } };
  };
  if (result?.status === 'ok') return { status: 'ok' };
  if (typeof result === 'object' && result !== null) {
    const message = plain(result.message ?? result.error, 500);
    if (result.status === 'error') return { status: 'error', message: message || 'it gave no reason' };
    return { status: 'other', message: message || plain(String(result.status ?? 'no status'), 100) };
  }
  if (error) {
    return {
      status: 'error',
      message: plain(error.data?.message ?? error.message, 500) || 'a fault of Odoo',
    };
  }
  return { status: 'no envelope', message: 'its answer is not that of the Apertur module' };
}
