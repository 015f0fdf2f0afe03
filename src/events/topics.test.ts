import { expect, test } from 'vitest';
import { topics, topicsOf, unknownPatterns } from './topics.ts';

test.each([
  ['*', topics],
  ['project.*', topics],
  ['project.upload.*', ['project.upload.started', 'project.upload.completed', 'project.upload.failed']],
  ['project.session.*', ['project.session.created', 'project.session.expired', 'project.session.completed']],
  ['project.billing.*', ['project.billing.plan_changed']],
  ['project.upload.completed', ['project.upload.completed']],
  ['image.uploaded', ['project.upload.started']],
  ['project.upload.image.uploaded', ['project.upload.started']],
  ['image.delivered', ['project.upload.completed']],
  ['upload.completed', ['project.upload.completed']],
  ['project.upload.image.delivered', ['project.upload.completed']],
  ['session.completed', ['project.session.completed']],
])('%s means its topics', (pattern, wanted) => {
  expect(topicsOf(pattern)).toEqual(wanted);
});

test('what means no topic is unknown', () => {
  const wrong = [
    '',
    '.*',
    '**',
    '*.completed',
    'project.*.completed',
    'project.upload',
    'project.uploads.*',
    'project.upload.*.*',
    'PROJECT.*',
    'webhook.test',
    'toString',
    'constructor',
  ];
  expect(unknownPatterns(['project.*', ...wrong])).toEqual(wrong);
});
