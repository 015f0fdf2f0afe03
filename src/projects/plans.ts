/**
 * What a plan allows. Numbers are configuration, not code (contract §14): the defaults here stand until a file of
 * definitions replaces them (`APERTUR_PLANS_FILE`). At each start they are written into the table `plans`, so that
 * every process reads the same limits.
 */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { type Static, Type } from 'typebox';
import type { Database, Queries } from '../db/database.ts';

const limit = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);

export const Plan = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9_-]{1,40}$' }),
    name: Type.String({ minLength: 1, maxLength: 60 }),
    /** Live sessions a calendar month (UTC); null: no limit. */
    sessionsPerMonth: limit,
    imagesPerSession: Type.Integer({ minimum: 1 }),
    imageMegabytes: Type.Integer({ minimum: 1 }),
    /** Longest side in pixels. */
    imageDimension: Type.Integer({ minimum: 1 }),
    /** Width times height: what declares more would only hurt whoever opens it. */
    imageMegapixels: Type.Integer({ minimum: 1 }),
    longestExpiryHours: Type.Integer({ minimum: 1, maximum: 168 }),
    /** null: no limit. */
    activeDestinations: limit,
    password: Type.Boolean(),
    branding: Type.Boolean(),
    endToEnd: Type.Boolean(),
  },
  { additionalProperties: false },
);

export type Plan = Static<typeof Plan>;

/** A self-hosted install starts here. */
export const defaultPlanId = 'unlimited';

const paid = {
  imageMegapixels: 250,
  longestExpiryHours: 168,
  password: true,
  branding: false,
  endToEnd: false,
};

export const defaultPlans: readonly Plan[] = [
  {
    ...paid,
    id: 'free',
    name: 'Free',
    sessionsPerMonth: 15,
    imagesPerSession: 10,
    imageMegabytes: 5,
    imageDimension: 8_000,
    imageMegapixels: 50,
    longestExpiryHours: 12,
    activeDestinations: 1,
    password: false,
  },
  {
    ...paid,
    id: 'starter',
    name: 'Starter',
    sessionsPerMonth: 100,
    imagesPerSession: 30,
    imageMegabytes: 10,
    imageDimension: 12_000,
    activeDestinations: 3,
  },
  {
    ...paid,
    id: 'pro',
    name: 'Pro',
    sessionsPerMonth: 500,
    imagesPerSession: 60,
    imageMegabytes: 20,
    imageDimension: 16_000,
    activeDestinations: 10,
  },
  {
    ...paid,
    id: 'business',
    name: 'Business',
    sessionsPerMonth: 1_500,
    imagesPerSession: 100,
    imageMegabytes: 50,
    imageDimension: 25_000,
    activeDestinations: 50,
    branding: true,
    endToEnd: true,
  },
  {
    ...paid,
    id: defaultPlanId,
    name: 'Unlimited',
    sessionsPerMonth: null,
    imagesPerSession: 200,
    imageMegabytes: 50,
    imageDimension: 25_000,
    activeDestinations: null,
    branding: true,
    endToEnd: true,
  },
];

const unlimited = defaultPlans.find((plan) => plan.id === defaultPlanId)!;

/** Reads plan definitions from a JSON file: a list of plans. Throws a sentence that names the file and what is wrong. */
export function readPlansFile(file: string): Plan[] {
  const ajv = new Ajv({ strict: false });
  let plans: unknown;
  try {
    plans = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`The plans in ${file} cannot be read: ${(error as Error).message}`);
  }
  if (!ajv.validate(Type.Array(Plan, { minItems: 1, maxItems: 100 }), plans)) {
    const [first] = ajv.errors ?? [];
    throw new Error(`The plans in ${file} are not right: ${first?.instancePath.slice(1)} ${first?.message}.`);
  }
  return plans as Plan[];
}

/** Makes the table of plans equal to the definitions. Doing it again, or in several processes at once, is harmless. */
export async function writePlans(db: Database, plans: readonly Plan[]): Promise<void> {
  await db.write(async (tx) => {
    for (const [position, plan] of plans.entries()) {
      const definition = JSON.stringify(plan);
      await tx.q
        .insertInto('plans')
        .values({ id: plan.id, position, definition })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ position, definition }))
        .execute();
    }
    const ids = plans.map((plan) => plan.id);
    await tx.q.deleteFrom('plans').where('id', 'not in', ids).execute();
  });
}

/** Every plan, in the order of its definition. */
export async function listPlans(q: Queries): Promise<Plan[]> {
  const rows = await q.selectFrom('plans').select('definition').orderBy('position').execute();
  return rows.map((row) => JSON.parse(row.definition));
}

/** The plan behind a stored definition; none counts as Unlimited. */
export function planOf(definition: string | null): Plan {
  return definition === null ? unlimited : JSON.parse(definition);
}
