/** What a plan allows. Numbers are configuration, not code (contract §14): these are the defaults. */
export interface PlanLimits {
  name: string;
  /** A calendar month (UTC); null: no limit. */
  sessionsPerMonth: number | null;
  imagesPerSession: number;
  imageBytes: number;
  /** Longest side in pixels. */
  imageDimension: number;
  /** Width times height: what declares more would only hurt whoever opens it. */
  imagePixels: number;
  longestExpiryHours: number;
}

const megabyte = 1024 * 1024;

/** A self-hosted install starts on Unlimited. */
const unlimited: PlanLimits = {
  name: 'Unlimited',
  sessionsPerMonth: null,
  imagesPerSession: 200,
  imageBytes: 50 * megabyte,
  imageDimension: 25_000,
  imagePixels: 250_000_000,
  longestExpiryHours: 168,
};

const plans: ReadonlyMap<string, PlanLimits> = new Map([['unlimited', unlimited]]);

/** The limits of a project's plan; an unknown name counts as Unlimited. */
export function limitsOf(plan: string): PlanLimits {
  return plans.get(plan) ?? unlimited;
}
