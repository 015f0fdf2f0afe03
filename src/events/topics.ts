/** What an event may be about, and what a subscription may say (contract §8.3). Pure. */

export const topics = [
  'project.upload.started',
  'project.upload.completed',
  'project.upload.failed',
  'project.session.created',
  'project.session.expired',
  'project.session.completed',
  'project.billing.plan_changed',
  'project.webhook.failing',
  'project.webhook.disabled',
] as const;

export type Topic = (typeof topics)[number];

/** What a test sends, whatever the subscription is. Nobody subscribes to it. */
export const testTopic = 'webhook.test';

/** Names that older clients subscribe with. What is emitted bears the canonical name. */
const aliases: Record<string, Topic> = {
  'image.uploaded': 'project.upload.started',
  'project.upload.image.uploaded': 'project.upload.started',
  'image.delivered': 'project.upload.completed',
  'upload.completed': 'project.upload.completed',
  'project.upload.image.delivered': 'project.upload.completed',
  'session.completed': 'project.session.completed',
};

/** The topics that one pattern of a subscription means; none when it is unknown. */
export function topicsOf(pattern: string): readonly Topic[] {
  if (pattern === '*') return topics;
  const alias = Object.hasOwn(aliases, pattern) ? aliases[pattern] : undefined;
  if (alias) return [alias];
  if (!pattern.endsWith('.*')) return topics.filter((topic) => topic === pattern);
  const stem = pattern.slice(0, -1);
  return topics.filter((topic) => topic.startsWith(stem));
}

/** Patterns that mean no topic at all. */
export function unknownPatterns(patterns: readonly string[]): string[] {
  return patterns.filter((pattern) => topicsOf(pattern).length === 0);
}

const matchers = new Map<string, ReadonlySet<string>>();
const keptMatchers = 1_000;

/** The topics of a stored subscription (JSON text of its patterns), kept by their text: this is asked at every event. */
export function subscribedTopics(patterns: string): ReadonlySet<string> {
  const known = matchers.get(patterns);
  if (known) return known;
  const matcher = new Set<string>((JSON.parse(patterns) as string[]).flatMap(topicsOf));
  if (matchers.size >= keptMatchers) matchers.delete(matchers.keys().next().value as string);
  matchers.set(patterns, matcher);
  return matcher;
}
