/** The phone page in small, while somebody chooses how it looks. */
import { IconCamera } from '@tabler/icons-react';
import type { PageSettings } from '../../api/types.ts';
import { Mark } from '../../parts/mark.tsx';
import { fill, w } from '../../words.ts';
import { logoAddress } from './logo-field.tsx';

type Brand = NonNullable<PageSettings['brand']>;

const own = '#1f6f5c';
const isColor = (text: string | undefined): text is string => /^#[0-9a-f]{6}$/i.test(text ?? '');

/** Relative luminance of WCAG, to put readable words on the colour. */
function isLight(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18;
}

export function BrandPreview({ brand, project }: { brand: Brand; project: string }) {
  const color = isColor(brand.color) ? brand.color : own;
  const name = brand.name ?? project;
  return (
    <figure className="brand-preview" aria-label={w.settings.preview}>
      <div className="brand-phone">
        {brand.logo ? <img src={logoAddress(brand.logo)} alt="" className="logo" /> : <Mark size={40} />}
        <strong>{fill(w.settings.previewTitle, { name })}</strong>
        <span
          className="brand-button"
          style={{ background: color, color: isLight(color) ? '#17191b' : '#ffffff' }}
        >
          <IconCamera size={18} aria-hidden="true" />
          {w.settings.previewButton}
        </span>
        <span className="brand-thanks">{brand.thank_you ?? fill(w.settings.thankYouExample, { name })}</span>
      </div>
      <figcaption className="help">{w.settings.preview}</figcaption>
    </figure>
  );
}
