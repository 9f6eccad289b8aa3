import { useState, type SubmitEvent } from 'react';
import { Button, Loader, TextInput } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { useLoadModel, useModelLoad } from '../api';
import { isOnItsWay, tellLoad } from '../rules';
import type { ModelLoad } from '../types';
import { Dialog } from '@/shared/ui/Dialog';
import classes from './LoadModelDialog.module.css';

/** Asks for a model by name and tells how it comes. It may be closed: the load goes on, and is shown again when it is opened. */
export function LoadModelDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const { data: load = null } = useModelLoad();
  const ask = useLoadModel();
  const isBusy = ask.isPending || (load !== null && isOnItsWay(load));

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // In React's tree the composer's form is around this one, and would send its prompt.
    event.stopPropagation();
    if (name.trim() !== '') ask.mutate(name.trim());
  };

  return (
    <Dialog title="Load another model" onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <p className={classes.about}>
          Everybody gets it as the default as soon as it is ready. Until then the present one serves; if it cannot be
          had, nothing changes.
        </p>
        <TextInput
          label="Name"
          description="On the hub, such as stabilityai/sd-turbo, or of a folder among this server's models."
          data-autofocus
          maxLength={200}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          value={name}
          disabled={isBusy}
          error={isBusy ? undefined : whatIsWrong(ask.error, load)}
          onChange={(event) => {
            setName(event.currentTarget.value);
            ask.reset();
          }}
        />
        <p className={classes.state} role="status">
          {load !== null && ask.error === null && <State load={load} />}
        </p>
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={ask.isPending} disabled={isBusy || name.trim() === ''}>
            Load
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function State({ load }: { load: ModelLoad }) {
  return (
    <>
      {isOnItsWay(load) && <Loader size={16} />}
      {tellLoad(load)}
    </>
  );
}

function whatIsWrong(error: Error | null, load: ModelLoad | null): string | undefined {
  if (error === null) return load?.error?.detail;
  const { message, fields } = asProblem(error);
  return fields.find(({ field }) => field === 'model')?.message ?? message;
}
