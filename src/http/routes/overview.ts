/** What somebody sees first: the last thirty days, and what fails now and why. */
import { Type } from 'typebox';
import { toIso } from '../../lib/clock.ts';
import { dayMs, readDays, readFailing } from '../../projects/overview.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { nullable, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const days = 30;

const OverviewShape = Type.Object({
  days: Type.Array(
    Type.Object({
      at: Timestamp,
      sessions: Type.Integer(),
      images: Type.Integer(),
      sent: Type.Integer(),
      failed: Type.Integer(),
    }),
    { description: 'Thirty days, oldest first; the last is today.' },
  ),
  failing: Type.Array(
    Type.Object({
      kind: Type.Union([Type.Literal('destination'), Type.Literal('webhook')]),
      id: Type.String(),
      name: Type.String(),
      type: Type.String(),
      failed: Type.Integer(),
      retrying: Type.Integer(),
      held: Type.Boolean(),
      lastError: nullable(Type.String()),
      lastAt: Timestamp,
    }),
    { description: 'Where deliveries of the last seven days failed or are tried again.' },
  ),
});

export function addOverviewRoutes(add: AddRoute, { db, clock }: Services): void {
  add({
    method: 'GET',
    paths: ['/projects/:project/overview'],
    summary: 'The last thirty days, and what fails now',
    tag: 'Statistics',
    access: 'key',
    scope: 'project:read',
    query: Type.Object({
      today: Type.Optional(
        Type.String({
          format: 'date-time',
          description: 'When the day of the reader began. Default: 0:00 UTC.',
        }),
      ),
    }),
    response: { 200: OverviewShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const now = clock.now();
      const begun = request.query.today === undefined ? now : Date.parse(request.query.today);
      // A clock that is far off would show an empty month.
      const today =
        Math.abs(now - begun) > 2 * dayMs || request.query.today === undefined ? now - (now % dayMs) : begun;
      const from = today - (days - 1) * dayMs;
      const found = await readDays(db.read, caller, from, days);
      const failing = await readFailing(db.read, caller, now);
      return {
        days: found.map((day) => ({ ...day, at: toIso(day.at) })),
        failing: failing.map((row) => ({ ...row, lastAt: toIso(row.lastAt) })),
      };
    },
  });
}
