import { Popover } from '@mantine/core';
import { IconPerson } from '@/shared/ui/icons';
import classes from './PersonMenu.module.css';

interface Props {
  className: string | undefined;
  iconClassName: string | undefined;
  person: { name: string; guest: boolean } | null;
}

export function PersonMenu({ className, iconClassName, person }: Props) {
  return (
    <Popover position="right-end" width={260} trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={className}>
          <span className={iconClassName}>
            <IconPerson />
          </span>
          You
        </button>
      </Popover.Target>
      <Popover.Dropdown tabIndex={-1} aria-label="You">
        <p className={classes.name}>{person?.name ?? 'Connecting…'}</p>
        {person?.guest && (
          <p className={classes.note}>
            You are here as a guest. What you make is kept for this browser: clear its cookies, and the way back to it
            is gone.
          </p>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
