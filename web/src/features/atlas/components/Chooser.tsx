import { useState, type KeyboardEvent } from 'react';
import { ActionIcon, Button, UnstyledButton } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { IconNewer, IconOlder } from '@/shared/ui/icons';
import { useChoose, useDiscard, useOwnEdit } from '../api';
import { barAt, onScreen } from '../frame';
import type { Camera, Candidate, Edit } from '../types';
import classes from './Chooser.module.css';

interface Props {
  world: string;
  edit: Edit;
  camera: Camera;
}

/** The candidates of an edit of mine, in its frame on the map, and the bar by which one of them is chosen. */
export function Chooser({ world, edit, camera }: Props) {
  const { data } = useOwnEdit(world, edit);
  const made = (data?.candidates ?? []).filter(({ image }) => image !== null);
  const [at, setAt] = useState(0);
  const [isBefore, setIsBefore] = useState(false);
  const shown = made[Math.min(at, made.length - 1)];
  if (shown === undefined) return null;

  const turn = (by: number) => {
    setAt((made.indexOf(shown) + by + made.length) % made.length);
    setIsBefore(false);
  };
  const byKey = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowLeft') turn(-1);
    if (key === 'ArrowRight') turn(1);
  };
  const frame = onScreen(edit, camera);
  const { x, y } = barAt(frame, camera);
  return (
    <>
      {!isBefore && <img className={classes.picture} src={shown.image?.url} alt={`Candidate ${shown.number}`} />}
      <div
        className={classes.bar}
        style={{ transform: `translate(${x - frame.x}px, ${y - frame.y}px)` }}
        role="group"
        aria-label={`Candidates for ${edit.prompt}`}
        onKeyDown={byKey}
      >
        <div className={classes.row}>
          <ActionIcon aria-label="Previous candidate" onClick={() => turn(-1)}>
            <IconNewer />
          </ActionIcon>
          {made.map((candidate) => (
            <Thumb
              key={candidate.number}
              candidate={candidate}
              isShown={candidate === shown && !isBefore}
              onPick={() => turn(made.indexOf(candidate) - made.indexOf(shown))}
            />
          ))}
          <ActionIcon aria-label="Next candidate" onClick={() => turn(1)}>
            <IconOlder />
          </ActionIcon>
        </div>
        <Ways
          world={world}
          edit={edit.id}
          candidate={shown.number}
          isBefore={isBefore}
          onBefore={() => setIsBefore(!isBefore)}
        />
      </div>
    </>
  );
}

interface ThumbProps {
  candidate: Candidate;
  isShown: boolean;
  onPick: () => void;
}

function Thumb({ candidate: { number, image }, isShown, onPick }: ThumbProps) {
  return (
    <UnstyledButton
      className={classes.thumb}
      aria-label={`Show candidate ${number}`}
      aria-pressed={isShown}
      onClick={onPick}
    >
      <img src={image?.thumbs['128'] ?? image?.url} alt="" />
    </UnstyledButton>
  );
}

interface WaysProps {
  world: string;
  edit: string;
  candidate: number;
  isBefore: boolean;
  onBefore: () => void;
}

function Ways({ world, edit, candidate, isBefore, onBefore }: WaysProps) {
  const choose = useChoose(world, edit);
  const discard = useDiscard(world, edit);
  const error = choose.error ?? discard.error;
  const isBusy = choose.isPending || discard.isPending;
  return (
    <>
      <div className={classes.row}>
        <Button variant="subtle" color="gray" aria-pressed={isBefore} onClick={onBefore} className={classes.way}>
          Before
        </Button>
        <Button
          variant="subtle"
          color="gray"
          disabled={isBusy}
          loading={discard.isPending}
          onClick={() => discard.mutate()}
          className={classes.way}
        >
          Discard
        </Button>
        <Button
          disabled={isBusy}
          loading={choose.isPending}
          onClick={() => choose.mutate(candidate)}
          className={classes.use}
        >
          Use this
        </Button>
      </div>
      {error !== null && (
        <p className={classes.problem} role="alert">
          {asProblem(error).message}
        </p>
      )}
    </>
  );
}
