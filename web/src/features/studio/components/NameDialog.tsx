import { useState, type SubmitEvent } from 'react';
import { Button, TextInput } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { Dialog } from '@/shared/ui/Dialog';
import classes from './NameDialog.module.css';

interface Props {
  title: string;
  action: string;
  name?: string;
  onName: (name: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks for a collection's name; what is wrong with it is said under it. */
export function NameDialog({ title, action, name = '', onName, onClose }: Props) {
  const [words, setWords] = useState(name);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const send = async () => {
    setBusy(true);
    try {
      await onName(words);
      onClose();
    } catch (error) {
      const { message, fields } = asProblem(error);
      setProblem(fields.find(({ field }) => field === 'name')?.message ?? message);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (words.trim() === '') setProblem('Give the collection a name.');
    else void send();
  };

  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <TextInput
          label="Name"
          data-autofocus
          maxLength={80}
          value={words}
          error={problem}
          onChange={(event) => {
            setWords(event.currentTarget.value);
            setProblem(null);
          }}
        />
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
