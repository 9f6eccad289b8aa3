import {
  ActionIcon,
  Button,
  createTheme,
  defaultVariantColorsResolver,
  Input,
  InputWrapper,
  Menu,
  Popover,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

const fig: MantineColorsTuple = [
  '#fdeef4',
  '#fadbe6',
  '#f6b4cc',
  '#f48db1',
  '#f06a97',
  '#d93d75',
  '#c02961',
  '#a81e54',
  '#8b1744',
  '#6d1035',
];
/** Mantine's grey of the dark scheme, in aubergine: 0 is its text, 7 the page. */
const dark: MantineColorsTuple = [
  '#f3ecf2',
  '#cdbfd2',
  '#a897b0',
  '#7f7089',
  '#4a3c55',
  '#3a2d44',
  '#2a2033',
  '#1c1522',
  '#150f19',
  '#0e0a11',
];
const gray: MantineColorsTuple = [
  '#faf6f8',
  '#f3edf1',
  '#e9dfe7',
  '#dccfda',
  '#c2b1c2',
  '#93829a',
  '#75647e',
  '#5a4a63',
  '#3f3047',
  '#26182b',
];

const TOUCH = '44px';

/** Filled buttons take our own pairs of colours, each with enough contrast in both schemes. */
const FILLED: Partial<Record<string, { background: string; hover: string; color: string; border: string }>> = {
  fig: {
    background: 'var(--accent)',
    hover: 'var(--accent-strong)',
    color: 'var(--on-accent)',
    border: '1px solid transparent',
  },
  red: { background: '#b0261f', hover: '#8f1c17', color: '#ffffff', border: '1px solid transparent' },
};

const colorsOfVariant: VariantColorsResolver = (input) =>
  (input.variant === 'filled' ? FILLED[input.color ?? input.theme.primaryColor] : undefined) ??
  defaultVariantColorsResolver(input);

/** Mantine's own surfaces and words, in the colours of `global.css`. */
const ours = {
  '--mantine-color-body': 'var(--paper)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-soft)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-placeholder': 'var(--ink-faint)',
  '--mantine-color-default-border': 'var(--line-strong)',
};

export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: ours, dark: ours });

/** Menus open inside <main>, so that nothing on the page lies outside its landmarks. */
const insideMain = { withinPortal: true, portalProps: { target: '#content' } };

export const theme = createTheme({
  colors: { fig, dark, gray },
  primaryColor: 'fig',
  primaryShade: { light: 7, dark: 3 },
  variantColorResolver: colorsOfVariant,
  black: '#26182b',
  fontFamily: "'Figtree Variable', system-ui, sans-serif",
  headings: { fontFamily: "'Newsreader Variable', Georgia, serif", fontWeight: '500' },
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '8px', md: '12px', lg: '18px', xl: '26px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { radius: 'xl' },
      vars: () => ({ root: { '--button-height': TOUCH } }),
    }),
    ActionIcon: ActionIcon.extend({
      defaultProps: { variant: 'subtle', color: 'gray', radius: 'xl' },
      vars: () => ({ root: { '--ai-size': TOUCH } }),
    }),
    // 16 px: a phone zooms the page into any smaller input.
    Input: Input.extend({ vars: () => ({ wrapper: { '--input-height': TOUCH, '--input-fz': '16px' } }) }),
    InputWrapper: InputWrapper.extend({
      vars: () => ({
        label: { '--input-label-size': '15px', '--input-asterisk-color': 'inherit' },
        description: { '--input-description-size': '13.5px' },
        error: { '--input-error-size': '14px' },
        success: { '--input-success-size': '14px' },
      }),
    }),
    Menu: Menu.extend({
      defaultProps: { shadow: 'md', radius: 'md', offset: 6, withInitialFocusPlaceholder: false, ...insideMain },
      styles: { item: { minHeight: TOUCH, fontSize: '15px', paddingInline: '14px' } },
    }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', radius: 'md', ...insideMain } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 500, events: { hover: true, focus: true, touch: false }, ...insideMain },
    }),
  },
});
