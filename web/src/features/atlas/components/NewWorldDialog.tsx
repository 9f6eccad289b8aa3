import { useState } from 'react';
import { Button, Textarea, TextInput } from '@mantine/core';
import { useSubmit } from '@/shared/api/useSubmit';
import { Dialog } from '@/shared/ui/Dialog';
import { useNewWorld } from '../api';
import type { WhoPaints } from '../types';
import { LandChoice } from './LandChoice';
import { WhoPaintsSelect } from './WhoPaintsSelect';
import classes from './WorldMenu.module.css';

interface Props {
  onMade: (slug: string) => void;
  onClose: () => void;
}

export function NewWorldDialog({ onMade, onClose }: Props) {
  const [name, setName] = useState('');
  const [prompt, setPrompt] = useState('');
  const [paint, setPaint] = useState<WhoPaints>('everyone');
  const [terrain, setTerrain] = useState<number | null>(null);
  const make = useNewWorld();
  const form = useSubmit();
  const send = async () => {
    const { slug } = await make.mutateAsync({ name: name.trim(), prompt: prompt.trim(), paint, terrain });
    onClose();
    onMade(slug);
  };

  return (
    <Dialog title="New world" onClose={onClose}>
      <form className={classes.form} onSubmit={form.onSubmit(send)} noValidate>
        <TextInput
          label="Name"
          data-autofocus
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={form.field('name')}
        />
        <LandChoice terrain={terrain} onChoose={setTerrain} problem={form.field('terrain')} />
        <Textarea
          label="Style"
          description="Words that join every prompt in this world."
          placeholder="painted in watercolour, soft light"
          autosize
          minRows={2}
          maxRows={5}
          value={prompt}
          onChange={(event) => setPrompt(event.currentTarget.value)}
          error={form.field('prompt')}
        />
        <WhoPaintsSelect value={paint} onChange={setPaint} />
        {form.fieldless && (
          <p className={classes.problem} role="alert">
            {form.fieldless.message}
          </p>
        )}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={form.isBusy} disabled={name.trim() === ''}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
