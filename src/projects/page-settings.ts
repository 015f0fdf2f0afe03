/** How a project shows itself on the phone page, and what is done with its photos unless a session says otherwise. */
import type { Database, Queries } from '../db/database.ts';
import { invalid } from '../errors.ts';
import type { Plan } from './plans.ts';
import { requireFeature } from './usage.ts';

export interface Brand {
  /** In place of the project's name. */
  name?: string;
  /** `#rrggbb`, for the one thing to do next. */
  color?: string;
  /** Base64 of a PNG, JPEG or WebP picture. */
  logo?: string;
  thankYou?: string;
  /** Where a person may go on when all is sent. */
  redirectUrl?: string;
}

export interface PageSettings {
  brand?: Brand;
  photos?: {
    gps?: 'keep' | 'strip' | 'coarse';
    format?: 'original' | 'jpeg';
    downscale?: boolean;
  };
  /** Days that photos are kept here once they are delivered; undefined is as long as the install keeps them. */
  retentionDays?: number;
}

const mostLogoBytes = 65_536;

const beginnings: [string, string][] = [
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/webp', 'RIFF'],
];

/** The logo and what it is; undefined when it is no picture that a page may show. */
export function readLogo(text: string): { bytes: Buffer; mimeType: string } | undefined {
  const bytes = Buffer.from(text, 'base64');
  const head = bytes.toString('latin1', 0, 16);
  const mimeType = beginnings.find(([, first]) => head.startsWith(first))?.[0];
  return mimeType === undefined || bytes.length > mostLogoBytes ? undefined : { bytes, mimeType };
}

export async function findPageSettings(q: Queries, projectId: string): Promise<PageSettings> {
  const row = await q
    .selectFrom('projects')
    .select(['page', 'retention_days'])
    .where('id', '=', projectId)
    .executeTakeFirst();
  const settings = readPageSettings(row?.page ?? null);
  return row?.retention_days == null ? settings : { ...settings, retentionDays: row.retention_days };
}

export const readPageSettings = (json: string | null): PageSettings =>
  json === null ? {} : JSON.parse(json);

interface NewSettings {
  projectId: string;
  plan: Plan;
  settings: PageSettings;
  /** Days that the install keeps photos; 0 is for ever. No project keeps them longer. */
  longestRetentionDays: number;
  now: number;
}

/** Replaces the settings. Throws AppError 403 for a brand outside the plan, 400 for what cannot be shown. */
export async function setPageSettings(
  db: Database,
  { projectId, plan, settings, longestRetentionDays: longest, now }: NewSettings,
): Promise<void> {
  const { retentionDays, ...page } = settings;
  const { brand } = page;
  if (retentionDays !== undefined && longest > 0 && retentionDays > longest) {
    throw invalid(`This install keeps photos for ${longest} days, so retention_days is ${longest} at most.`);
  }
  if (brand && Object.keys(brand).length > 0) requireFeature(plan, 'branding');
  if (brand?.color !== undefined && !/^#[0-9a-f]{6}$/i.test(brand.color)) {
    throw invalid('brand.color must be six hex digits behind a #, such as #1f6f5c.');
  }
  if (brand?.logo !== undefined && !readLogo(brand.logo)) {
    throw invalid('brand.logo must be a PNG, JPEG or WebP of at most 64 KB, as base64.');
  }
  if (brand?.redirectUrl !== undefined && !/^https?:\/\//i.test(brand.redirectUrl)) {
    throw invalid('brand.redirect_url must be an http or https address.');
  }
  if (brand?.redirectUrl !== undefined && !URL.canParse(brand.redirectUrl)) {
    throw invalid('brand.redirect_url is not an address.');
  }
  await db.write(async (tx) => {
    await tx.q
      .updateTable('projects')
      .set({ page: JSON.stringify(page), retention_days: retentionDays ?? null, updated_at: now })
      .where('id', '=', projectId)
      .execute();
  });
}
