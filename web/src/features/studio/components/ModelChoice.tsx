import { useState } from 'react';
import { Button, Select } from '@mantine/core';
import { useSession } from '@/shared/session/useSession';
import { LoadModelDialog } from './LoadModelDialog';
import type { ComposerForm } from './useComposerForm';
import classes from './ModelChoice.module.css';

/** Which model paints. An administrator can bring another one; who has one model only, and may not, sees nothing. */
export function ModelChoice({ form: { cards, card, change, problems } }: { form: ComposerForm }) {
  const { data: person } = useSession();
  const [isLoading, setLoading] = useState(false);
  const mayLoad = person?.role === 'admin';
  if (card === undefined || (cards.length < 2 && !mayLoad)) return null;
  return (
    <div className={classes.choice}>
      <Select
        className={classes.select ?? ''}
        name="model"
        label="Model"
        allowDeselect={false}
        data={cards.map(({ name, title }) => ({ value: name, label: title }))}
        value={card.name}
        onChange={(model) => change({ model, steps: null, guidance: null, width: null, height: null })}
        error={problems.model}
      />
      {mayLoad && (
        <Button variant="default" onClick={() => setLoading(true)}>
          Load another…
        </Button>
      )}
      {isLoading && <LoadModelDialog onClose={() => setLoading(false)} />}
    </div>
  );
}
