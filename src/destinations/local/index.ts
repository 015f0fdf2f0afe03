/** Local folder: photos as files under a folder that the operator opened. Contract §6.4; guide in docs/destinations. */
import path from 'node:path';
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import { type Conflict, conflictField, keptExcerpt } from '../conflict.ts';
import type {
  CheckResult,
  Connection,
  ConnectionServices,
  DeliverableImage,
  DestinationKind,
  Receipt,
} from '../destination.ts';
import { checkTemplate, renderTemplate } from '../templates.ts';
import { checkFolder } from './check.ts';
import { outside, sayingWhy } from './failures.ts';
import { findPlace, makeFolder } from './place.ts';
import { createLeftovers, writePhoto } from './write.ts';

const defaultTemplate = '{session_id}/{image_index}.{ext}';
// Windows reads a colon as the name of a hidden stream, and refuses the others; a copied folder should fit too.
const templateRules = { names: 'file', without: '<>:"|?*' } as const;

const config = Type.Object(
  {
    path: Type.Optional(
      Type.String({
        title: 'Folder',
        description:
          'A folder inside one that the operator opened, or relative to the first of them. Empty: that one.',
        examples: ['claims', '/srv/photos/claims'],
        aliases: ['folder', 'directory', 'remote_dir'],
        maxLength: 1_024,
        default: '',
      }),
    ),
    path_template: Type.Optional(
      Type.String({
        title: 'File path',
        description: 'Path of each photo inside the folder; folders are made as needed.',
        examples: [defaultTemplate, '{date}/{image_id}.{ext}'],
        aliases: ['template'],
        template: templateRules,
        maxLength: 1_024,
        default: defaultTemplate,
      }),
    ),
    conflict: conflictField,
  },
  { additionalProperties: false },
);

interface LocalSettings {
  path: string;
  template: string;
  conflict: Conflict;
}

/** Stored settings passed the schema, which fills in the defaults. */
function readSettings(stored: Record<string, unknown>): LocalSettings {
  const { path: folder = '', path_template: template = defaultTemplate, conflict = 'overwrite' } = stored;
  return { path: folder as string, template: template as string, conflict: conflict as Conflict };
}

export const local = {
  kind: 'local',
  aliases: ['local_folder'],
  label: 'Local folder',
  category: 'file servers',
  carried: true,
  config,
  credentials: Type.Object({}, { additionalProperties: false }),
  prepare(settings, { localRoots }) {
    const { path: folder, template } = readSettings(settings.config);
    if (localRoots.length === 0) {
      throw invalid(
        'No folder is open for local destinations on this server. The operator opens them with APERTUR_LOCAL_ROOTS.',
      );
    }
    if (/\p{Cc}/u.test(folder)) throw invalid('The path of the destination holds a control character');
    if (!findPlace(folder, localRoots)) {
      throw invalid(
        'The path of the destination is outside the folders that the operator opened. Give one inside them, or a relative one.',
      );
    }
    checkTemplate(template, { field: 'path_template', ...templateRules });
    return settings;
  },
  describe(stored) {
    const { path: folder, template } = readSettings(stored);
    return `local:${path.posix.join(folder.replaceAll('\\', '/'), template)}`;
  },
  connect(settings, services) {
    return createConnection(readSettings(settings.config), services);
  },
} satisfies DestinationKind;

function createConnection(settings: LocalSettings, services: ConnectionServices): Connection {
  const leftovers = createLeftovers(services.now);

  async function deliver(image: DeliverableImage, signal: AbortSignal): Promise<Receipt> {
    const place = findPlace(settings.path, services.localRoots);
    if (!place) throw outside();
    const wanted = path.join(place.folder, renderTemplate(settings.template, image));
    const folder = await sayingWhy(path.dirname(wanted), () => makeFolder(place.root, path.dirname(wanted)));
    await leftovers.remove(folder, image);
    const target = { folder, name: path.basename(wanted), conflict: settings.conflict };
    const written = await writePhoto(image, target, signal);
    return {
      // As the settings spell it: the real path behind links would surprise whoever looks it up.
      remotePath: path.join(path.dirname(wanted), path.basename(written.path)),
      bytes: image.sizeBytes,
      verifiedBy: written.same ? 'hash' : 'none',
      excerpt: written.same ? null : keptExcerpt,
    };
  }

  return {
    deliver,
    check: (signal): Promise<CheckResult> =>
      checkFolder(findPlace(settings.path, services.localRoots), settings.template, services, signal),
    close: async () => undefined,
  };
}
