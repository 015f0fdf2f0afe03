/** A picture that is stored with the settings: small, and never loaded from anywhere else. */
import { Button, FileButton } from '@mantine/core';
import { IconPhotoUp } from '@tabler/icons-react';
import { useState } from 'react';
import { w } from '../../words.ts';

/** What the server takes. */
const mostBytes = 65_536;
const types = 'image/png,image/jpeg,image/webp';

export const logoAddress = (base64: string): string => `data:${typeOf(base64)};base64,${base64}`;

/** By its first bytes, as the server sees it. */
const typeOf = (base64: string): string =>
  base64.startsWith('/9j/') ? 'image/jpeg' : base64.startsWith('UklGR') ? 'image/webp' : 'image/png';

async function toBase64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function LogoField(props: { logo: string | undefined; onChange: (logo: string | undefined) => void }) {
  const [tooLarge, setTooLarge] = useState(false);
  const choose = async (file: File | null) => {
    if (!file) return;
    setTooLarge(file.size > mostBytes);
    if (file.size <= mostBytes) props.onChange(await toBase64(file));
  };
  return (
    <fieldset className="bare stack tight">
      <legend className="field-label">{w.settings.logo}</legend>
      <p className="help">{w.settings.logoHelp}</p>
      <div className="row">
        {props.logo ? <img src={logoAddress(props.logo)} alt={w.settings.logo} className="logo" /> : null}
        <FileButton accept={types} onChange={(file) => void choose(file)} resetRef={{ current: null }}>
          {(button) => (
            <Button {...button} variant="default" leftSection={<IconPhotoUp size={16} />}>
              {w.settings.logoChoose}
            </Button>
          )}
        </FileButton>
        {props.logo ? (
          <Button variant="subtle" color="red" onClick={() => props.onChange(undefined)}>
            {w.common.remove}
          </Button>
        ) : null}
      </div>
      {tooLarge ? (
        <p className="bad" role="alert">
          {w.settings.logoTooLarge}
        </p>
      ) : null}
    </fieldset>
  );
}
