import { Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconAuto, IconMoon, IconSun } from '@/shared/ui/icons';

const SCHEMES = [
  { value: 'light', name: 'Light', Icon: IconSun },
  { value: 'dark', name: 'Dark', Icon: IconMoon },
  { value: 'auto', name: 'As the system', Icon: IconAuto },
] as const;

interface Props {
  className: string | undefined;
  iconClassName: string | undefined;
}

export function SchemeMenu({ className, iconClassName }: Props) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { Icon } = SCHEMES.find(({ value }) => value === colorScheme) ?? SCHEMES[2];
  return (
    <Menu position="right-end">
      <Menu.Target>
        <button type="button" className={className}>
          <span className={iconClassName}>
            <Icon />
          </span>
          Look
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
          {SCHEMES.map(({ value, name }) => (
            <Menu.RadioItem key={value} value={value}>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
