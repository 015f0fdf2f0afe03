/** Shows where a photo would go, before there is one and before the settings are saved. Contract §6.4. */
import type { DestinationKind } from './destination.ts';
import { fieldsOf, readMembers } from './settings.ts';
import {
  findTemplateProblems,
  renderTemplate,
  type TemplateImage,
  type TemplateProblem,
  templateCollision,
} from './templates.ts';

export interface PathPreview {
  /** Inside the bucket, container or folder of the destination; null while something is wrong, or without templates. */
  path: string | null;
  /** The settings that make the path, in the order in which they stand in it. */
  templates: { field: string; template: string }[];
  errors: (TemplateProblem & { field: string })[];
  /** What works, and may surprise. */
  warnings: string[];
}

/**
 * Reads only the templates of a destination's settings, in any spelling, on top of what is stored; the others may still be
 * missing. A kind without templates (a webhook) has no path and no errors.
 */
export function previewPath(
  kind: DestinationKind,
  given: Record<string, unknown>,
  image: TemplateImage,
  stored: Record<string, unknown> = {},
): PathPreview {
  const values = readMembers(kind.config, given, stored);
  const preview: PathPreview = { path: null, templates: [], errors: [], warnings: [] };
  for (const [field, { template: rules, ...help }] of fieldsOf(kind.config)) {
    if (rules === undefined) continue;
    const template = values[field] ?? (help as { default?: string }).default ?? '';
    if (typeof template !== 'string') {
      preview.errors.push({ field, position: 0, length: 0, message: 'is a text' });
      continue;
    }
    if (template === '' && rules.names === 'folder') continue;
    preview.templates.push({ field, template });
    for (const problem of findTemplateProblems(template, rules)) preview.errors.push({ field, ...problem });
  }
  if (preview.errors.length > 0 || preview.templates.length === 0) return preview;
  const whole = preview.templates.map(({ template }) => template.replace(/\/+$/, '')).join('/');
  const collision = templateCollision(whole);
  if (collision !== undefined) preview.warnings.push(collision);
  return { ...preview, path: renderTemplate(whole, image) };
}
