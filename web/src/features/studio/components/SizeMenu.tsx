import { Button, Menu } from '@mantine/core';
import { IconLandscape, IconPortrait, IconSquare } from '@/shared/ui/icons';
import { sizePresets } from '../rules';
import type { ComposerForm } from './useComposerForm';
import classes from './Composer.module.css';

const ICONS = { Square: IconSquare, Landscape: IconLandscape, Portrait: IconPortrait };

export function SizeMenu({ form: { draft, card, change } }: { form: ComposerForm }) {
  if (card === undefined) return null;
  const presets = sizePresets(card);
  const width = draft.width ?? card.native_size;
  const height = draft.height ?? card.native_size;
  const chosen = presets.find((preset) => preset.width === width && preset.height === height);
  const name = chosen?.name ?? `${width} × ${height}`;
  const Icon = ICONS[chosen?.name ?? 'Square'];
  const pick = (value: string) => {
    const preset = presets.find((each) => each.name === value);
    if (preset) change({ width: preset.width, height: preset.height });
  };
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="subtle" color="gray" className={classes.tool} aria-label={`Size: ${name}`}>
          <Icon />
          <span className={classes.toolName}>{name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={chosen?.name ?? ''} onChange={pick}>
          {presets.map((preset) => (
            <Menu.RadioItem key={preset.name} value={preset.name}>
              {preset.name}, {preset.width} × {preset.height}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
