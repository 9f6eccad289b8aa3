import { useState } from 'react';
import { ActionIcon, NumberInput, Radio, Tooltip } from '@mantine/core';
import { IconDice } from '@/shared/ui/icons';
import { MAX_SEED, randomSeed } from '../rules';
import classes from './LandChoice.module.css';

interface Props {
  /** The seed of the land; null for a world that begins blank. */
  terrain: number | null;
  onChoose: (terrain: number | null) => void;
  problem: string | undefined;
}

/** Whether a world begins blank or with land, and with which. */
export function LandChoice({ terrain, onChoose, problem }: Props) {
  const [seed, setSeed] = useState<number>(terrain ?? randomSeed);
  const choose = (next: number) => {
    setSeed(next);
    onChoose(next);
  };
  return (
    <Radio.Group
      label="Begins"
      value={terrain === null ? 'blank' : 'land'}
      onChange={(value) => onChoose(value === 'land' ? seed : null)}
    >
      <div className={classes.choices}>
        <Radio value="blank" label="Blank" description="People paint all there is." />
        <Radio value="land" label="With land" description="It makes itself wherever somebody looks, without end." />
      </div>
      {terrain !== null && (
        <>
          <Preview key={seed} seed={seed} />
          <div className={classes.seed}>
            <NumberInput
              label="Seed"
              description="The same seed makes the same land."
              min={0}
              max={MAX_SEED}
              allowDecimal={false}
              hideControls
              value={seed}
              onChange={(value) => typeof value === 'number' && choose(value)}
              error={problem}
            />
            <Tooltip label="Another land">
              <ActionIcon className={classes.dice ?? ''} aria-label="Another land" onClick={() => choose(randomSeed())}>
                <IconDice />
              </ActionIcon>
            </Tooltip>
          </div>
        </>
      )}
    </Radio.Group>
  );
}

function Preview({ seed }: { seed: number }) {
  const [state, setState] = useState<'drawing' | 'drawn' | 'failed'>('drawing');
  return (
    <div className={classes.preview}>
      <img
        src={`/api/atlas/terrain/${seed}`}
        alt="The land of this seed, from above"
        data-drawn={state === 'drawn' || undefined}
        onLoad={() => setState('drawn')}
        onError={() => setState('failed')}
      />
      {state !== 'drawn' && (
        <p role="status">{state === 'drawing' ? 'Drawing the land…' : 'This land could not be drawn. Try another.'}</p>
      )}
    </div>
  );
}
