import { useState } from 'react';
import { Button, FileInput, TextInput } from '@mantine/core';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { asProblem } from '@/shared/api/problem';
import { useSubmit } from '@/shared/api/useSubmit';
import { day } from '@/shared/ui/time';
import { useBlockList, useRefresh } from '../api';
import classes from './Moderation.module.css';
import { Failure } from './parts';

/** Pictures that are not kept here, nor what looks like them. */
export function BlockList() {
  const { data: list, error } = useBlockList();
  const [file, setFile] = useState<File | null>(null);
  const [reason, setReason] = useState('');
  const { run, onSubmit, isBusy, problem } = useSubmit();
  const refresh = useRefresh();
  const add = async () => {
    if (file === null) return;
    const form = new FormData();
    form.append('file', file);
    form.append('reason', reason);
    await dataOf(
      api.POST('/api/moderation/blocklist/file', {
        // The shape says how the form is read; what is sent is the form itself.
        body: { file: '', reason },
        bodySerializer: () => form,
      }),
    );
    setFile(null);
    setReason('');
    await refresh();
  };
  const remove = (entry: string) => async () => {
    await doneOf(api.DELETE('/api/moderation/blocklist/{entry}', { params: { path: { entry } } }));
    await refresh();
  };
  return (
    <>
      <p className={classes.lead}>
        A picture on this list is not kept when it is uploaded or made, whatever its format or size, mirrored or turned.
        The file that you choose here is looked at and not kept either.
      </p>
      {error !== null && <Failure problem={asProblem(error)} />}
      <Failure problem={problem} />
      <form className={classes.row} style={{ marginBottom: 20 }} onSubmit={onSubmit(add)}>
        <FileInput
          label="Picture"
          placeholder="Choose a file"
          accept="image/*"
          w={220}
          value={file}
          onChange={setFile}
        />
        <TextInput
          label="Why"
          maxLength={500}
          required
          withAsterisk={false}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy} disabled={file === null}>
          Block it
        </Button>
      </form>
      {list?.items.length === 0 && <p className={classes.empty}>Nothing is blocked.</p>}
      <ul className={classes.list}>
        {list?.items.map((entry) => (
          <li key={entry.id} className={classes.item}>
            <p>{entry.reason}</p>
            <small>{day(entry.created_at)}</small>
            <Button
              variant="default"
              style={{ justifySelf: 'start' }}
              onClick={() => void run(remove(entry.id))}
              aria-label={`Take off the list: ${entry.reason}`}
            >
              Take off the list
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
