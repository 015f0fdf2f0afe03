/**
 * The mark: six blades around a hexagonal opening, drawn for any opening. The page uses it as its one
 * picture: the blades part while photos are on their way and stand wide open when all are stored.
 */

const CENTRE = 16;
const RADIUS = 15;
const GAP = 1.3;
const NARROWEST = 1.6;
const WIDEST = 10.4;
const BLADES = 6;

/** Path data of the six blades in a 32 × 32 box; `opening` from 0 (nearly closed) to 1 (wide open). */
export function bladePaths(opening: number): string[] {
  const apothem = NARROWEST + (WIDEST - NARROWEST) * Math.min(1, Math.max(0, opening));
  // The blades turn a little as they part, as in a lens.
  const turn = -0.35 + 0.5 * opening;
  return Array.from({ length: BLADES }, (_, index) => bladePath(apothem, turn + (index * Math.PI) / 3));
}

/** A blade lies outside its own side of the hexagon and, by the gap, inside the side before it. */
function bladePath(apothem: number, angle: number): string {
  const before = angle - Math.PI / 3;
  const inner = apothem - GAP;
  const tip = crossing(angle, apothem, before, inner);
  const start = onCircle(before, inner);
  const end = onCircle(angle, apothem);
  return `M${tip}L${start}A${RADIUS} ${RADIUS} 0 0 1 ${end}Z`;
}

/** Where the lines n(a)·p = d and n(b)·p = e meet. */
function crossing(a: number, d: number, b: number, e: number): string {
  const determinant = Math.sin(b - a);
  return point(
    (d * Math.sin(b) - e * Math.sin(a)) / determinant,
    (e * Math.cos(a) - d * Math.cos(b)) / determinant,
  );
}

/** Where the line n(a)·p = d leaves the circle, going clockwise. */
function onCircle(a: number, d: number): string {
  const along = Math.sqrt(RADIUS * RADIUS - d * d);
  return point(d * Math.cos(a) - along * Math.sin(a), d * Math.sin(a) + along * Math.cos(a));
}

function point(x: number, y: number): string {
  return `${(CENTRE + x).toFixed(2)} ${(CENTRE + y).toFixed(2)}`;
}
