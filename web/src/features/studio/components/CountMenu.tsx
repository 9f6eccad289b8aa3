import { Button, Menu } from '@mantine/core';
import { IconStack } from '@/shared/ui/icons';
import type { ComposerForm } from './useComposerForm';
import classes from './Composer.module.css';

const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8];
const inWords = (count: number) => `${count} ${count === 1 ? 'picture' : 'pictures'}`;

export function CountMenu({ form: { draft, change } }: { form: ComposerForm }) {
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="subtle" color="gray" className={classes.tool} aria-label={`Count: ${inWords(draft.count)}`}>
          <IconStack />
          <span className={classes.count}>{draft.count}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={String(draft.count)} onChange={(value) => change({ count: Number(value) })}>
          {COUNTS.map((count) => (
            <Menu.RadioItem key={count} value={String(count)}>
              {inWords(count)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
