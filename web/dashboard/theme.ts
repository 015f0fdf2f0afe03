/** Mantine in our tokens (web/shared/tokens.css): one accent, calm surfaces, the same in both schemes. */
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';
import { w } from './words.ts';

const aperture: MantineColorsTuple = [
  '#eaf6f3',
  '#d6ebe5',
  '#aed9cd',
  '#83c6b4',
  '#5cc2a8',
  '#3f9d86',
  '#2b8570',
  '#1f6f5c',
  '#195b4b',
  '#0f4638',
];

/** Filled is the one thing to do next; everything else stays quiet. Red is what destroys. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const danger = input.color === 'red';
  const own = input.color === undefined || input.color === 'aperture' || danger;
  if (!own) return defaultVariantColorsResolver(input);
  const tone = danger ? 'var(--bad)' : 'var(--accent)';
  const plain = { background: 'transparent', hover: 'var(--sunken)', border: '1px solid transparent' };
  switch (input.variant) {
    case 'filled':
      return {
        background: tone,
        hover: danger ? 'var(--bad)' : 'var(--accent-strong)',
        color: danger ? 'var(--on-state)' : 'var(--on-accent)',
        border: '1px solid transparent',
      };
    case 'light':
      return { ...plain, background: 'var(--sunken)', color: danger ? tone : 'var(--text)' };
    case 'outline':
      return { ...plain, color: tone, border: `1px solid ${tone}` };
    case 'subtle':
    case 'transparent':
      return { ...plain, color: danger ? tone : 'var(--accent)' };
    default:
      return defaultVariantColorsResolver(input);
  }
};

/** Read at each drawing: the language may change. */
const spoken = {
  get 'aria-label'() {
    return w.common.showPassword;
  },
};

export const theme = createTheme({
  primaryColor: 'aperture',
  primaryShade: { light: 7, dark: 4 },
  colors: { aperture },
  variantColorResolver,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontFamily: 'var(--font)', fontWeight: '650' },
  fontSizes: {
    xs: 'var(--size-small)',
    sm: 'var(--size-base)',
    md: 'var(--size-base)',
    lg: 'var(--size-large)',
    xl: 'var(--size-title)',
  },
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '10px', lg: '10px', xl: '10px' },
  shadows: {
    xs: 'var(--shadow)',
    sm: 'var(--shadow)',
    md: 'var(--shadow)',
    lg: 'var(--shadow)',
    xl: 'var(--shadow)',
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 120 } } },
    Tooltip: { defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: true } } },
    Select: { defaultProps: { checkIconPosition: 'right', allowDeselect: false } },
    Button: { defaultProps: { fw: 550 } },
    PasswordInput: { defaultProps: { visibilityToggleButtonProps: spoken } },
  },
});

const shared = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-bright': 'var(--text)',
  '--mantine-color-dimmed': 'var(--muted)',
  '--mantine-color-placeholder': 'var(--muted)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-default': 'var(--raised)',
  '--mantine-color-default-hover': 'var(--sunken)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-disabled': 'var(--sunken)',
  '--mantine-color-disabled-color': 'var(--muted)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-filled': 'var(--accent)',
  '--mantine-primary-color-filled-hover': 'var(--accent-strong)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
  '--mantine-primary-color-light': 'var(--sunken)',
  '--mantine-primary-color-light-color': 'var(--accent)',
  '--mantine-color-aperture-filled': 'var(--accent)',
  '--mantine-color-aperture-filled-hover': 'var(--accent-strong)',
  '--mantine-color-aperture-light': 'var(--sunken)',
  '--mantine-color-aperture-light-color': 'var(--accent)',
  '--mantine-color-aperture-text': 'var(--accent)',
  '--mantine-color-aperture-outline': 'var(--accent)',
};

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: { '--mantine-line-height': '1.5' },
  light: shared,
  dark: shared,
});
