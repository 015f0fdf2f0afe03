/** The mark: six blades around a hexagonal opening. The wider it is open, the more light came in. */
const closed = [
  'M21.30 13.61L30.91 17.66A15 15 0 0 1 23.25 29.13Z',
  'M20.72 19.40L22.02 29.74A15 15 0 0 1 8.26 28.85Z',
  'M15.42 21.79L7.11 28.08A15 15 0 0 1 1.00 15.72Z',
  'M10.70 18.39L1.09 14.34A15 15 0 0 1 8.75 2.87Z',
  'M11.28 12.60L9.98 2.26A15 15 0 0 1 23.74 3.15Z',
  'M16.58 10.21L24.89 3.92A15 15 0 0 1 31.00 16.28Z',
];

export function Mark({ size = 24, className = 'mark' }: { size?: number; className?: string }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} className={className} aria-hidden="true">
      {closed.map((d) => (
        <path key={d} d={d} fill="currentColor" />
      ))}
    </svg>
  );
}
