import { Button, CloseButton } from '@mantine/core';
import { useCancel, useDiscard, usePendingEdits, useRetry } from '../api';
import { inView, intersects, onScreen } from '../frame';
import { isPending, pendingEdits, progressWords } from '../rules';
import { useAtlas } from '../store';
import type { Camera, Edit } from '../types';
import { Chooser } from './Chooser';
import classes from './PendingFrames.module.css';

/** Narrower than this on the screen, a frame has no room for words. */
const WORDS_FROM_PX = 84;

/** What everybody is painting just now. What is done stays for a moment, while its tiles appear below it. */
export function PendingFrames({ world }: { world: string }) {
  const { data: read = [] } = usePendingEdits(world);
  const { heard, camera, dismissed, settling } = useAtlas();
  if (camera === null) return null;

  const view = inView(camera);
  // Also one that was never seen on its way: a picture can be made faster than it is told of.
  const ended = [...heard.values()].filter(({ state, id }) => state === 'committed' && settling.has(id));
  const shown = [...ended, ...pendingEdits(read, heard).filter(({ id }) => !dismissed.has(id))];
  return (
    <ul className={classes.layer} aria-label="Being painted">
      {shown
        .filter((edit) => intersects(edit, view))
        .map((edit) => (
          <PendingFrame key={edit.id} world={world} edit={edit} camera={camera} />
        ))}
    </ul>
  );
}

interface Props {
  world: string;
  edit: Edit;
  camera: Camera;
}

function PendingFrame({ world, edit, camera }: Props) {
  const { x, y, width, height } = onScreen(edit, camera);
  const preview = edit.progress?.preview;
  return (
    <li
      className={classes.pending}
      style={{ transform: `translate(${x}px, ${y}px)`, width, height }}
      data-state={edit.state}
    >
      <span className={classes.inside}>
        {preview != null && <img className={classes.preview} src={preview} alt="" />}
      </span>
      {edit.state === 'choosing' && edit.mine ? (
        <Chooser world={world} edit={edit} camera={camera} />
      ) : (
        <Told world={world} edit={edit} width={width} />
      )}
    </li>
  );
}

/** How far it is, and in words what it is. */
function Told({ world, edit, width }: { world: string; edit: Edit; width: number }) {
  const { step = 0, of = 1 } = edit.progress ?? {};
  return (
    <>
      {isPending(edit) && <span className={classes.track} style={{ scale: `${step / of} 1` }} />}
      {width >= WORDS_FROM_PX && <Caption world={world} edit={edit} />}
    </>
  );
}

function Caption({ world, edit }: { world: string; edit: Edit }) {
  return (
    <div className={classes.caption}>
      <p className={classes.words}>{edit.prompt}</p>
      <p className={classes.who}>
        {edit.mine ? 'You' : edit.author} · {edit.state === 'committed' ? 'Painted' : progressWords(edit)}
      </p>
      {edit.job !== null && <Mine world={world} edit={edit} job={edit.job} />}
    </div>
  );
}

/** What I can do about my own: stop it, or try it again. */
function Mine({ world, edit, job }: { world: string; edit: Edit; job: string }) {
  const cancel = useCancel();
  const discard = useDiscard(world, edit.id);
  const retry = useRetry();
  const dismiss = useAtlas((state) => state.dismiss);
  if (edit.state === 'committed') return null;
  if (isPending(edit))
    return (
      <CloseButton
        className={classes.cancel ?? ''}
        size={32}
        iconSize={18}
        aria-label={`Cancel ${edit.prompt}`}
        disabled={cancel.isPending || discard.isPending}
        onClick={() => (edit.candidates.length > 0 ? discard.mutate() : cancel.mutate(job))}
      />
    );
  return (
    <div className={classes.ways}>
      {edit.error?.retryable === true && (
        <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate(job)}>
          Retry
        </Button>
      )}
      <Button variant="default" onClick={() => dismiss(edit.id)}>
        Dismiss
      </Button>
    </div>
  );
}
