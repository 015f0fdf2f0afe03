/** What is done with the photos of a session: as it says itself, else as its project says, else nothing. */
import type { GpsPolicy } from '../images/place.ts';

export interface Processing {
  /** The place where a photo was taken: kept, removed, or rounded to about a kilometre. */
  gps: GpsPolicy;
  /** `jpeg`: HEIC photos become JPEG. */
  format: 'original' | 'jpeg';
  /** Photos that are larger than the longest side become smaller, instead of being refused. */
  downscale: boolean;
}

export const asTheyCome: Processing = { gps: 'keep', format: 'original', downscale: false };

/** From the JSON of the session and of the project's page settings. */
export function readProcessing(session: string | null, page: string | null): Processing {
  const ofProject: { photos?: Partial<Processing> } = page === null ? {} : JSON.parse(page);
  const ofSession: Partial<Processing> = session === null ? {} : JSON.parse(session);
  return { ...asTheyCome, ...ofProject.photos, ...ofSession };
}
