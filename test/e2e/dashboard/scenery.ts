/** Pictures that look like photos from afar, drawn from shapes: roofs, cars, doors, in different light. */
import sharp from 'sharp';

const skies = [
  ['#9cc3e6', '#e8f1f8'],
  ['#f0b67f', '#fbe9d0'],
  ['#7d93ad', '#cfd9e4'],
  ['#b8d8c8', '#eef7f1'],
  ['#c9b2d6', '#f3eaf6'],
];
const walls = ['#c98d6b', '#d8c7a8', '#9aa7a0', '#b7bcc4', '#c7a6a0'];

const house = (wall: string): string => `
  <polygon points="110,250 320,120 530,250" fill="#5b4a44"/>
  <rect x="150" y="250" width="340" height="170" fill="${wall}"/>
  <rect x="200" y="290" width="70" height="60" fill="#34414d"/>
  <rect x="370" y="290" width="70" height="60" fill="#34414d"/>
  <rect x="290" y="320" width="60" height="100" fill="#4b3a31"/>
  <path d="M330 150 l60 40 -14 26 -40 -22z" fill="#2b2523" opacity=".75"/>`;

const car = (colour: string): string => `
  <rect x="0" y="330" width="640" height="150" fill="#6f7478"/>
  <path d="M100 350 q20 -70 110 -80 q60 -50 160 -45 q90 5 130 70 q60 8 60 65 v30 h-460z" fill="${colour}"/>
  <path d="M235 272 q50 -36 90 -34 v44 h-90z M340 238 q70 4 96 46 h-96z" fill="#2a3642"/>
  <circle cx="200" cy="385" r="42" fill="#1d1f21"/><circle cx="450" cy="385" r="42" fill="#1d1f21"/>
  <circle cx="200" cy="385" r="18" fill="#c7ccd0"/><circle cx="450" cy="385" r="18" fill="#c7ccd0"/>
  <path d="M120 340 l44 -18 12 22 -30 20z" fill="#3a2f2b" opacity=".6"/>`;

const parcel = (colour: string): string => `
  <rect x="0" y="300" width="640" height="180" fill="#8b8178"/>
  <rect x="190" y="170" width="260" height="220" fill="${colour}"/>
  <rect x="300" y="170" width="40" height="220" fill="#e9dcc3"/>
  <rect x="215" y="310" width="70" height="50" fill="#fdfdfd"/>`;

/** A JPEG of 1,280 × 960; the same for the same number. */
export async function makeScene(index: number): Promise<Buffer> {
  const [top, bottom] = skies[index % skies.length]!;
  const tint = walls[(index * 3) % walls.length]!;
  const subject = [house, car, parcel][index % 3]!(tint);
  const sun = 80 + ((index * 97) % 480);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="960" viewBox="0 0 640 480">
    <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient></defs>
    <rect width="640" height="480" fill="url(#sky)"/><circle cx="${sun}" cy="90" r="34" fill="#fff" opacity=".7"/>
    <rect y="400" width="640" height="80" fill="#7c8f6a"/>${subject}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 82 }).toBuffer();
}
