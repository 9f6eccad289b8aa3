import { useEffect, useState } from 'react';
import { ActionIcon, Button, CloseButton, UnstyledButton } from '@mantine/core';
import { IconRedo, IconUndo } from '@/shared/ui/icons';
import { useChangeEdit } from '../api';
import { agoWords, titleOf, viewOf } from '../rules';
import { useAtlas } from '../store';
import type { Edit, Rect, World } from '../types';
import type { WorldMap } from '../map/WorldMap';
import { useEditsWithin } from './useEditsWithin';
import classes from './Panel.module.css';

interface Props {
  world: World;
  within: Rect | null;
  map: WorldMap;
}

export function EditHistory(props: Props) {
  const isOpen = useAtlas((state) => state.isHistoryOpen);
  return isOpen && <Opened {...props} />;
}

const close = () => useAtlas.setState({ isHistoryOpen: false, pointed: null });
const MINUTE_MS = 60_000;

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** What was painted in view, newest first: pointing at one shows where, a click goes there. */
function Opened({ world, within, map }: Props) {
  const { history, edits } = useEditsWithin(world.slug, within);
  const now = useNow();
  const goTo = (edit: Edit) => {
    const { camera } = useAtlas.getState();
    if (camera !== null) map.flyTo(viewOf(edit, camera.width, camera.height));
  };
  return (
    <aside className={classes.history} aria-label="History" onKeyDown={({ key }) => key === 'Escape' && close()}>
      <div className={classes.head}>
        <h2 className={classes.title}>Painted here</h2>
        <CloseButton size={44} iconSize={20} aria-label="Close the history" onClick={close} />
      </div>
      {edits.length === 0 ? (
        <p className={classes.note}>
          {history.isPending ? 'Looking it up…' : 'Nothing in view was painted yet. Zoom out to see more of the world.'}
        </p>
      ) : (
        <ol className={classes.list} onMouseLeave={() => useAtlas.setState({ pointed: null })}>
          {edits.map((edit) => (
            <Entry key={edit.id} world={world.slug} edit={edit} now={now} onGo={() => goTo(edit)} />
          ))}
        </ol>
      )}
      {history.hasNextPage && (
        <Button variant="default" loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          Older
        </Button>
      )}
    </aside>
  );
}

interface EntryProps {
  world: string;
  edit: Edit;
  now: number;
  onGo: () => void;
}

function Entry({ world, edit, now, onGo }: EntryProps) {
  const change = useChangeEdit(world);
  const isUndone = edit.state === 'undone';
  const point = () => useAtlas.setState({ pointed: edit });
  const what = isUndone ? 'redo' : 'undo';
  const title = titleOf(edit);
  return (
    <li className={classes.entry} data-undone={isUndone || undefined} onMouseEnter={point} onFocus={point}>
      <UnstyledButton className={classes.go} onClick={onGo} aria-label={`Go to ${title}`}>
        <span className={classes.entryPrompt}>{title}</span>
        <span className={classes.note}>
          {edit.mine ? 'You' : edit.author} · {agoWords(edit.committed_at ?? edit.created_at, now)}
          {isUndone && ' · taken back'}
        </span>
      </UnstyledButton>
      {edit.mine && (
        <ActionIcon
          aria-label={`${isUndone ? 'Redo' : 'Undo'} ${title}`}
          loading={change.isPending}
          onClick={() => change.mutate({ edit: edit.id, what })}
        >
          {isUndone ? <IconRedo /> : <IconUndo />}
        </ActionIcon>
      )}
    </li>
  );
}
