import { useEffect, useRef } from 'react';
import { Button, CloseButton } from '@mantine/core';
import { useClipboard, useHotkeys } from '@mantine/hooks';
import { asProblem } from '@/shared/api/problem';
import { moment } from '@/shared/ui/time';
import { IconCheck, IconFrame, IconLink, IconRecipe, IconRedo, IconReuse, IconUndo } from '@/shared/ui/icons';
import { useChangeEdit, usePicked } from '../api';
import { frameAround, middleOf, type SizeBounds } from '../frame';
import { current, formatPlace, placeWords, viewOf } from '../rules';
import { useAtlas } from '../store';
import type { Edit, Point, World } from '../types';
import { RollBack } from './RollBack';
import classes from './Panel.module.css';

interface Props {
  world: World;
  bounds: SizeBounds;
  /** The words of a place went into the composer. */
  onMore: () => void;
  onClosed: () => void;
}

const close = () => useAtlas.setState({ picked: null, pointed: null });

/** The keyboard goes to the card when it opens, and back to the map when it closes. */
function useFocus(isOpen: boolean, onClosed: () => void) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isOpen) card.current?.focus({ preventScroll: true });
  }, [isOpen]);
  const leave = () => {
    close();
    onClosed();
  };
  useHotkeys(isOpen ? [['Escape', leave]] : []);
  return { card, leave };
}

/** What made the place that was clicked. */
export function PlaceCard({ world, bounds, onMore, onClosed }: Props) {
  const picked = useAtlas((state) => state.picked);
  const heard = useAtlas((state) => state.heard);
  const { data, isPending, error } = usePicked(world.slug, picked);
  const edit = data == null ? null : current(data, heard);
  useEffect(() => useAtlas.setState({ pointed: edit }), [edit]);
  const { card, leave } = useFocus(picked !== null, onClosed);
  if (picked === null) return null;

  const frameHere = () => {
    const { frame } = useAtlas.getState();
    if (frame !== null) useAtlas.setState({ frame: frameAround(picked, frame.width, frame.height, bounds) });
    leave();
  };
  return (
    <aside ref={card} className={classes.card} aria-label="This place" tabIndex={-1}>
      <div className={classes.head}>
        <p className={classes.eyebrow}>{placeWords(picked)}</p>
        <CloseButton size={44} iconSize={20} aria-label="Close" onClick={leave} />
      </div>
      {isPending && <p className={classes.note}>Looking it up…</p>}
      {error !== null && (
        <p className={classes.note} role="alert">
          {asProblem(error).message}
        </p>
      )}
      {edit === null && data === null && (world.terrain === null ? <Blank /> : <Untouched />)}
      {edit !== null && <Made world={world} edit={edit} onMore={onMore} />}
      {!isPending && world.may_paint && (
        <div className={classes.ways}>
          <Button variant="default" leftSection={<IconFrame size={18} />} onClick={frameHere}>
            Put the frame here
          </Button>
          {edit !== null && <Share world={world} at={picked} edit={edit} />}
        </div>
      )}
    </aside>
  );
}

function Blank() {
  return (
    <>
      <h2 className={classes.prompt}>Blank land</h2>
      <p className={classes.note}>Nobody has painted here. What should be in this place?</p>
    </>
  );
}

/** Land that made itself. */
function Untouched() {
  return (
    <>
      <h2 className={classes.prompt}>Untouched land</h2>
      <p className={classes.note}>It lay here before anybody came. What should be in this place instead?</p>
    </>
  );
}

function Made({ world, edit, onMore }: { world: World; edit: Edit; onMore: () => void }) {
  const change = useChangeEdit(world.slug);
  const more = () => {
    useAtlas.setState({ prompt: edit.prompt });
    close();
    onMore();
  };
  const isUndone = edit.state === 'undone';
  return (
    <>
      <h2 className={classes.prompt}>{edit.prompt}</h2>
      <p className={classes.note}>
        {edit.mine ? 'You' : edit.author} · {moment(edit.committed_at ?? edit.created_at)}
        {isUndone && ' · taken back'}
      </p>
      <div className={classes.ways}>
        <Button variant="default" leftSection={<IconReuse size={18} />} onClick={more}>
          More like this place
        </Button>
        {edit.image?.recipe_url != null && (
          <Button
            component="a"
            href={edit.image.recipe_url}
            download
            variant="default"
            leftSection={<IconRecipe size={18} />}
          >
            Recipe
          </Button>
        )}
        {edit.mine && (
          <Button
            variant="default"
            leftSection={isUndone ? <IconRedo size={18} /> : <IconUndo size={18} />}
            loading={change.isPending}
            onClick={() => change.mutate({ edit: edit.id, what: isUndone ? 'redo' : 'undo' })}
          >
            {isUndone ? 'Redo' : 'Undo'}
          </Button>
        )}
        <RollBack key={edit.author} world={world} edit={edit} />
      </div>
      {change.isError && (
        <p className={classes.note} role="alert">
          {asProblem(change.error).message}
        </p>
      )}
    </>
  );
}

/** A link that opens the map at this picture. */
function Share({ world, at, edit }: { world: World; at: Point; edit: Edit }) {
  const { copy, copied } = useClipboard();
  const link = () => {
    const { camera } = useAtlas.getState();
    const { zoom } = viewOf(edit, camera?.width ?? 1, camera?.height ?? 1);
    const middle = middleOf(edit);
    return `${window.location.origin}/atlas/${formatPlace(world.slug, { ...(edit.width > 0 ? middle : at), zoom })}`;
  };
  return (
    <Button
      variant="default"
      leftSection={copied ? <IconCheck size={18} /> : <IconLink size={18} />}
      onClick={() => copy(link())}
    >
      {copied ? 'Copied' : 'Copy link'}
    </Button>
  );
}
