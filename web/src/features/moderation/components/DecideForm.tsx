import { useState } from 'react';
import { Button, Checkbox, Textarea } from '@mantine/core';
import { api, dataOf } from '@/shared/api/client';
import { useSubmit } from '@/shared/api/useSubmit';
import { ofCase, useRefresh } from '../api';
import type { Case } from '../types';
import classes from './Moderation.module.css';
import { Failure } from './parts';

/** The decision: of an appeal, whether the one before stands. */
export function DecideForm({ found, onDone }: { found: Case; onDone: () => void }) {
  const [words, setWords] = useState('');
  const [strike, setStrike] = useState(false);
  const [block, setBlock] = useState(false);
  const { run, isBusy, fieldless, field } = useSubmit();
  const refresh = useRefresh();
  const isAppeal = found.origin === 'appeal';
  const decide = (decision: 'approve' | 'refuse') => async () => {
    const isRefusal = decision === 'refuse' && !isAppeal;
    const body = { decision, words, strike: isRefusal && strike, block: isRefusal && block };
    await dataOf(api.POST('/api/moderation/cases/{case}/decide', { ...ofCase(found.id), body }));
    await refresh();
    onDone();
  };
  return (
    <div className={classes.form}>
      <Failure problem={fieldless} />
      <Textarea
        label="What the owner reads"
        description={
          found.kind === 'image' && !isAppeal
            ? 'Needed to refuse. Whoever else has the same file reads it too: name nobody.'
            : 'Needed to refuse.'
        }
        autosize
        minRows={2}
        maxLength={1000}
        value={words}
        error={field('words')}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      {!isAppeal && (
        <>
          <Checkbox
            label="Count it against them, where it is refused"
            checked={strike}
            onChange={(event) => setStrike(event.currentTarget.checked)}
          />
          {found.kind === 'image' && (
            <Checkbox
              label="Keep out all that looks like it, where it is refused"
              checked={block}
              error={field('image') ?? field('block')}
              onChange={(event) => setBlock(event.currentTarget.checked)}
            />
          )}
        </>
      )}
      <div className={classes.row}>
        <Button variant="default" loading={isBusy} onClick={() => void run(decide('approve'))}>
          {isAppeal ? 'Grant the appeal' : 'Approve'}
        </Button>
        <Button color="red" loading={isBusy} onClick={() => void run(decide('refuse'))}>
          {isAppeal ? 'The decision stands' : 'Refuse'}
        </Button>
      </div>
    </div>
  );
}
