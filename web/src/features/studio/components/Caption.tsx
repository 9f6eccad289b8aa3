import { useState } from 'react';
import { ActionIcon, Button, Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCopy, IconMore, IconReuse, IconTrash } from '@/shared/ui/icons';
import { useDelete } from '../library';
import { count, whenWords } from '../rules';
import { useComposer } from '../store';
import type { Generation } from '../types';
import classes from './Caption.module.css';

interface Props {
  generation: Generation;
  isLarge: boolean;
  onReuse: () => void;
}

/** The label beside the pictures, as in a museum: what, how, when. */
export function Caption({ generation, isLarge, onReuse }: Props) {
  const [nowMs] = useState(() => Date.now());
  const { prompt, width, height, steps, guidance, created_at: createdAt, negative_prompt: without } = generation;

  return (
    <div className={classes.caption} data-large={isLarge || undefined}>
      <div className={classes.words}>
        <p className={classes.prompt}>{prompt}</p>
        {isLarge && without !== '' && <p className={classes.meta}>Without {without}</p>}
        <p className={classes.meta}>
          <time dateTime={createdAt}>{whenWords(createdAt, Math.max(nowMs, Date.parse(createdAt)))}</time>
          <span>
            {width} × {height}
          </span>
          {generation.hidden > 0 && (
            <span>
              {generation.jobs.length} of {generation.jobs.length + generation.hidden}
            </span>
          )}
          {isLarge && (
            <>
              <span>{steps} steps</span>
              <span>guidance {guidance}</span>
              <span>seed {generation.seed}</span>
            </>
          )}
        </p>
      </div>
      <Actions generation={generation} isLarge={isLarge} onReuse={onReuse} />
    </div>
  );
}

function Actions({ generation, isLarge, onReuse }: Props) {
  const { copy } = useClipboard();
  const remove = useDelete();
  const all = generation.jobs.length + generation.hidden;
  const takeOver = useComposer((composer) => composer.reuse);
  const reuse = () => {
    takeOver(generation);
    // After the menu has handed the focus back to its button.
    setTimeout(onReuse, 50);
  };
  return (
    <div className={classes.actions}>
      {isLarge && (
        <Button variant="default" leftSection={<IconReuse size={18} />} onClick={reuse}>
          Use these settings
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`More for “${generation.prompt}”`}>
            <IconMore />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {!isLarge && (
            <Menu.Item leftSection={<IconReuse size={18} />} onClick={reuse}>
              Use these settings
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={18} />} onClick={() => copy(generation.prompt)}>
            Copy prompt
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTrash size={18} />}
            className={classes.danger ?? ''}
            onClick={() => remove({ words: `Deleted ${count(all, 'picture')}.`, generations: [generation.id] })}
          >
            {all > 1 ? `Delete all ${all} pictures` : 'Delete'}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
