import { useState } from 'react';
import { ActionIcon, Button, Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { asProblem } from '@/shared/api/problem';
import { IconCopy, IconMore, IconReuse, IconTrash } from '@/shared/ui/icons';
import { useDeleteGeneration } from '../api';
import { isUnfinished, whenWords } from '../rules';
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
  const [isDoomed, setDoomed] = useState(false);
  const remove = useDeleteGeneration();
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
          {isLarge && (
            <>
              <span>{steps} steps</span>
              <span>guidance {guidance}</span>
              <span>seed {generation.seed}</span>
            </>
          )}
        </p>
        {remove.isError && (
          <p role="alert" className={classes.bad}>
            {asProblem(remove.error).message}
          </p>
        )}
      </div>
      {isDoomed ? (
        <Doom
          generation={generation}
          isPending={remove.isPending}
          onKeep={() => setDoomed(false)}
          onDelete={() => remove.mutate(generation.id, { onError: () => setDoomed(false) })}
        />
      ) : (
        <Actions generation={generation} isLarge={isLarge} onReuse={onReuse} onDelete={() => setDoomed(true)} />
      )}
    </div>
  );
}

interface ActionsProps extends Props {
  onDelete: () => void;
}

function Actions({ generation, isLarge, onReuse, onDelete }: ActionsProps) {
  const { copy } = useClipboard();
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
          <Menu.Item leftSection={<IconTrash size={18} />} className={classes.danger ?? ''} onClick={onDelete}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

interface DoomProps {
  generation: Generation;
  isPending: boolean;
  onKeep: () => void;
  onDelete: () => void;
}

/** The second thought before something is gone for good. */
function Doom({ generation, isPending, onKeep, onDelete }: DoomProps) {
  const isBusy = generation.jobs.some(isUnfinished);
  const what = generation.jobs.length > 1 ? `all ${generation.jobs.length} pictures` : 'this picture';
  return (
    <div className={classes.doom} role="group" aria-label="Delete?">
      <p>
        Delete {what} for good{isBusy && ', and stop what is being made'}?
      </p>
      <Button variant="default" onClick={onKeep} autoFocus>
        Keep
      </Button>
      <Button color="red" loading={isPending} onClick={onDelete}>
        Delete
      </Button>
    </div>
  );
}
