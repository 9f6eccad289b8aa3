import { useState } from 'react';
import { Button } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { Dialog } from '@/shared/ui/Dialog';
import { IconUndo } from '@/shared/ui/icons';
import type { Edit, World } from '../types';
import { useRollBack } from '../worldsApi';
import classes from './WorldMenu.module.css';

/** The way to take back all that somebody painted here, for those who keep the peace in this world. */
export function RollBack({ world, edit }: { world: World; edit: Edit }) {
  const [isAsking, setAsking] = useState(false);
  const roll = useRollBack(world.slug);
  if (!world.may_roll_back || edit.mine || edit.author === null || edit.state !== 'committed') return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconUndo size={18} />}
        disabled={roll.isSuccess}
        onClick={() => setAsking(true)}
      >
        {roll.isSuccess ? 'Being taken back' : `Take back all of ${edit.author}`}
      </Button>
      {isAsking && (
        <Dialog title={`Take back all of ${edit.author}?`} onClose={() => setAsking(false)}>
          <div className={classes.form}>
            <p className={classes.about}>
              Everything that {edit.author} painted in {world.name} is taken back. What others painted stays. It can be
              brought again in the settings of the world, and is written down for all moderators.
            </p>
            {roll.isError && (
              <p className={classes.problem} role="alert">
                {asProblem(roll.error).message}
              </p>
            )}
            <div className={classes.buttons}>
              <Button variant="default" onClick={() => setAsking(false)}>
                Cancel
              </Button>
              <Button
                loading={roll.isPending}
                onClick={() => roll.mutate(edit.id, { onSuccess: () => setAsking(false) })}
              >
                Take back
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
