/** Choosing events: all of them, or each with a word of what it tells. */
import { Checkbox, Switch } from '@mantine/core';
import { useData } from '../../api/queries.ts';
import { w } from '../../words.ts';

export const useEventTypes = () => useData('/event-types', { global: true });

const groupOf = (topic: string): string => topic.split('.')[1] ?? '';

/** `project.upload.*` as the topics that it means now. */
const expand = (patterns: string[], all: string[]): string[] =>
  all.filter((topic) =>
    patterns.some(
      (pattern) => pattern === topic || (pattern.endsWith('.*') && topic.startsWith(pattern.slice(0, -1))),
    ),
  );

export function TopicsPicker({ value, onChange }: { value: string[]; onChange: (topics: string[]) => void }) {
  const types = (useEventTypes().data ?? []).filter(({ subscribable }) => subscribable);
  const all = types.map(({ topic }) => topic);
  const everything = value.includes('*');
  const chosen = everything ? all : expand(value, all);
  const groups = [...new Set(all.map(groupOf))];
  return (
    <fieldset className="topics">
      <legend className="field-label">{w.webhooks.topics}</legend>
      <Switch
        label={w.webhooks.allTopics}
        checked={everything}
        onChange={(event) =>
          onChange(
            event.currentTarget.checked ? ['*'] : ['project.upload.completed', 'project.upload.failed'],
          )
        }
      />
      {everything
        ? null
        : groups.map((group) => (
            <div key={group} className="stack tight">
              <h3>{(w.webhooks.topicGroups as Record<string, string>)[group] ?? group}</h3>
              {types
                .filter(({ topic }) => groupOf(topic) === group)
                .map(({ topic, description }) => (
                  <Checkbox
                    key={topic}
                    label={<code>{topic}</code>}
                    description={description}
                    checked={chosen.includes(topic)}
                    onChange={(event) =>
                      onChange(
                        event.currentTarget.checked
                          ? [...chosen, topic]
                          : chosen.filter((one) => one !== topic),
                      )
                    }
                  />
                ))}
            </div>
          ))}
    </fieldset>
  );
}
