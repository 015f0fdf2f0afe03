/** Icons of Lucide 1.62 (ISC licence, https://lucide.dev), as their path data. */
import { svg } from './dom.ts';

const PATHS = {
  camera: [
    'M13.997 4a2 2 0 0 1 1.76 1.05l.486.9A2 2 0 0 0 18.003 7H20a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2h1.997a2 2 0 0 0 1.759-1.048l.489-.904A2 2 0 0 1 10.004 4z',
    'M15 13a3 3 0 1 1-6 0 3 3 0 0 1 6 0z',
  ],
  images: [
    'm22 11-1.296-1.296a2.4 2.4 0 0 0-3.408 0L11 16',
    'M4 8a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2',
    'M14 7a1 1 0 1 1-2 0 1 1 0 0 1 2 0z',
    'M10 2h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z',
  ],
  image: [
    'M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z',
    'M11 9a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
    'm21 15-3.086-3.086a2 2 0 0 0-2.828 0L6 21',
  ],
  check: ['M20 6 9 17l-5-5'],
  checks: ['M18 6 7 17l-5-5', 'm22 10-7.5 7.5L13 16'],
  first: ['M5 3h14', 'm18 13-6-6-6 6', 'M12 7v14'],
  cross: ['M18 6 6 18', 'm6 6 12 12'],
  alert: ['M12 7v6', 'M12 17h.01'],
} as const;

/** Decoration only: the words beside it carry the meaning. */
export function icon(name: keyof typeof PATHS): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
    ...PATHS[name].map((d) => svg('path', { d })),
  );
}
