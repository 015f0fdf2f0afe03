/** The phone page in small, while somebody chooses how it looks. */
import { IconCamera } from '@tabler/icons-react';
import type { PageSettings } from '../../api/types.ts';
import { luminance } from '../../parts/colour.ts';
import { Mark } from '../../parts/mark.tsx';
import { fill, w } from '../../words.ts';
import { logoAddress } from './logo-field.tsx';

type Brand = NonNullable<PageSettings['brand']>;

const own = '#1f6f5c';
const isColor = (text: string | undefined): text is string => /^#[0-9a-f]{6}$/i.test(text ?? '');

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
          style={{ background: color, color: luminance(color) > 0.179 ? '#000000' : '#ffffff' }}
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
