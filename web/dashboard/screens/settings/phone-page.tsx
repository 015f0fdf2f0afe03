/** How the project shows itself on the phone page, and what is done with its photos. */
import { Button, ColorInput, NumberInput, Radio, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange, useData } from '../../api/queries.ts';
import type { PageSettings } from '../../api/types.ts';
import { tell } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { Load, Panel } from '../../parts/page.tsx';
import { fill, w } from '../../words.ts';
import { BrandPreview } from './brand-preview.tsx';
import { SettingsFrame } from './frame.tsx';
import { LogoField } from './logo-field.tsx';

type Found = PageSettings & { install_retention_days: number | null };
type Brand = NonNullable<PageSettings['brand']>;
type Photos = NonNullable<PageSettings['photos']>;

export function PhonePage() {
  const found = useData('/projects/{project}/page');
  const usage = useData('/projects/{project}/usage');
  return (
    <SettingsFrame title={w.settings.phonePage} lead={w.settings.phonePageLead}>
      <Load of={found}>
        {(settings) => (
          <>
            <Treatment settings={settings} />
            <Load of={usage}>{({ plan }) => <Branding settings={settings} allowed={plan.branding} />}</Load>
          </>
        )}
      </Load>
    </SettingsFrame>
  );
}

/** The two panels share what is stored: each replaces its own part and repeats the other. */
function useSave() {
  return useChange(
    (body: PageSettings, send) => send('put', '/projects/{project}/page', { body }),
    ['/projects/{project}/page'],
  );
}

const repeat = ({ install_retention_days: _, ...settings }: Found): PageSettings => settings;

function Treatment({ settings }: { settings: Found }) {
  const may = useMay();
  const save = useSave();
  const [photos, setPhotos] = useState<Photos>(settings.photos ?? {});
  const [days, setDays] = useState<number | string>(settings.retention_days ?? '');
  const longest = settings.install_retention_days;
  const submit = () =>
    void save
      .mutateAsync({ ...repeat(settings), photos, retention_days: days === '' ? null : Number(days) })
      .then(
        () => tell(w.common.saved),
        () => undefined,
      );
  return (
    <Panel title={w.settings.photos} help={w.settings.photosHelp}>
      <form className="form" onSubmit={submits(submit)}>
        <Refusal error={save.error} />
        <Radio.Group
          label={w.settings.gps}
          description={w.settings.gpsHelp}
          value={photos.gps ?? 'keep'}
          onChange={(gps) => setPhotos({ ...photos, gps: gps as NonNullable<Photos['gps']> })}
        >
          <div className="choices">
            <Radio value="keep" label={w.settings.gpsKeep} />
            <Radio value="coarse" label={w.settings.gpsCoarse} />
            <Radio value="strip" label={w.settings.gpsStrip} />
          </div>
        </Radio.Group>
        <Radio.Group
          label={w.settings.heic}
          description={w.settings.heicHelp}
          value={photos.image_format ?? 'original'}
          onChange={(format) =>
            setPhotos({ ...photos, image_format: format as NonNullable<Photos['image_format']> })
          }
        >
          <div className="choices">
            <Radio value="original" label={w.settings.heicKeep} />
            <Radio value="jpeg" label={w.settings.heicJpeg} />
          </div>
        </Radio.Group>
        <NumberInput
          label={w.settings.retention}
          description={w.settings.retentionHelp}
          placeholder={longest === null ? w.settings.retentionForEver : String(longest)}
          min={1}
          max={longest ?? 36_500}
          allowDecimal={false}
          value={days}
          onChange={setDays}
        />
        {may.write ? (
          <div className="form-actions">
            <Button type="submit" loading={save.isPending}>
              {w.common.save}
            </Button>
          </div>
        ) : null}
      </form>
    </Panel>
  );
}

function Branding({ settings, allowed }: { settings: Found; allowed: boolean }) {
  const may = useMay();
  const save = useSave();
  const [brand, setBrand] = useState<Brand>(settings.brand ?? {});
  const put = (change: { [Name in keyof Brand]?: Brand[Name] | undefined }) =>
    setBrand(
      Object.fromEntries(
        Object.entries({ ...brand, ...change }).filter(([, value]) => value !== undefined && value !== ''),
      ),
    );
  const submit = () =>
    void save.mutateAsync({ ...repeat(settings), brand }).then(
      () => tell(w.common.saved),
      () => undefined,
    );
  if (!allowed) {
    return (
      <Panel title={w.settings.branding} help={w.settings.brandingHelp}>
        <p className="note">{w.settings.brandingPlan}</p>
      </Panel>
    );
  }
  return (
    <Panel title={w.settings.branding} help={w.settings.brandingHelp}>
      <div className="beside">
        <form className="form" onSubmit={submits(submit)}>
          <Refusal error={save.error} />
          <TextInput
            label={w.settings.brandName}
            placeholder={may.name}
            maxLength={80}
            value={brand.name ?? ''}
            onChange={(event) => put({ name: event.currentTarget.value })}
          />
          <LogoField logo={brand.logo} onChange={(logo) => put({ logo })} />
          <ColorInput
            label={w.settings.color}
            placeholder="#1f6f5c"
            format="hex"
            value={brand.color ?? ''}
            onChange={(color) => put({ color })}
            eyeDropperButtonProps={{ 'aria-label': w.settings.color }}
          />
          <Textarea
            label={w.settings.thankYou}
            placeholder={fill(w.settings.thankYouExample, { name: brand.name ?? may.name ?? '' })}
            maxLength={300}
            autosize
            minRows={2}
            value={brand.thank_you ?? ''}
            onChange={(event) => put({ thank_you: event.currentTarget.value })}
          />
          <TextInput
            label={w.settings.redirect}
            description={w.settings.redirectHelp}
            type="url"
            placeholder="https://example.com/thanks"
            maxLength={2_048}
            value={brand.redirect_url ?? ''}
            onChange={(event) => put({ redirect_url: event.currentTarget.value })}
          />
          {may.write ? (
            <div className="form-actions">
              <Button type="submit" loading={save.isPending}>
                {w.common.save}
              </Button>
            </div>
          ) : null}
        </form>
        <BrandPreview brand={brand} project={may.name ?? ''} />
      </div>
    </Panel>
  );
}
