import type { ReactNode, Ref } from 'react';
import { Button } from '@mantine/core';
import classes from './Composer.module.css';

interface Props {
  ref?: Ref<HTMLButtonElement>;
  /** What is written beside the icon, where there is room. */
  name: string;
  /** What it does, where the name alone does not say it. */
  label?: string;
  icon: ReactNode;
  /** Of a menu, whose button it is. */
  className?: string;
  loading?: boolean;
  'aria-pressed'?: boolean;
  'aria-expanded'?: boolean;
  onClick?: () => void;
}

/** A quiet button with an icon; on a phone the icon is all of it. */
export function Tool({ name, label = name, icon, className = '', ...rest }: Props) {
  return (
    <Button variant="subtle" color="gray" className={`${classes.tool ?? ''} ${className}`} aria-label={label} {...rest}>
      {icon}
      <span className={classes.toolName}>{name}</span>
    </Button>
  );
}
