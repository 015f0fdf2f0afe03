/** A QR code drawn in the browser: what it holds is a secret and goes nowhere. */
import encodeQr from 'qr';

export function QrOf({ text, label }: { text: string; label: string }) {
  const rows = encodeQr(text, 'raw', { border: 2 });
  const side = rows.length;
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
