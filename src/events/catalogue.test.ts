import { expect, test } from 'vitest';
import { findFlaws } from '../../test/helpers/event-receiver.ts';
import { eventTypes } from './catalogue.ts';
import { topics } from './topics.ts';

test('every topic is published, with an example that keeps to its schema', () => {
  expect(eventTypes.filter((type) => type.subscribable).map((type) => type.topic)).toEqual(topics);
  for (const { example, topic } of eventTypes) {
    expect(example.event).toBe(topic);
    expect(findFlaws(example as { event: string })).toEqual([]);
  }
});

test('a missing, a wrong and an unknown member are flaws', () => {
  const example = eventTypes[0]!.example as { event: string; data: Record<string, unknown> };
  const { size_bytes: _, ...rest } = example.data;
  expect(findFlaws({ ...example, data: rest } as typeof example)).toHaveLength(1);
  expect(
    findFlaws({ ...example, data: { ...example.data, size_bytes: '1' } } as typeof example),
  ).toHaveLength(1);
  expect(findFlaws({ ...example, data: { ...example.data, extra: 1 } } as typeof example)).toHaveLength(1);
  expect(findFlaws({ ...example, event: 'project.nothing' })).toHaveLength(1);
});
