import { useEffect, useState } from 'react';
import { Button, CloseButton } from '@mantine/core';
import { useNotes } from '../notes';
import { useSelection } from '../selection';
import classes from './Notes.module.css';

const TIME_MS = 10_000;

/** What happened, for a moment; a deletion can be taken back as long as it is told, and time stands still under the pointer. */
export function Notes() {
  const { note, doomed, hush, undo, settle } = useNotes();
  const isSelecting = useSelection(({ isOn }) => isOn);
  const [isHeld, setHeld] = useState(false);

  useEffect(() => {
    const leave = () => void useNotes.getState().settle(true);
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, []);

  useEffect(() => {
    if (isHeld || (note === null && doomed === null)) return;
    const timer = setTimeout(() => (doomed === null ? hush() : void settle()), TIME_MS);
    return () => clearTimeout(timer);
  }, [isHeld, note, doomed, hush, settle]);

  return (
    <div
      className={classes.notes}
      data-raised={isSelecting || undefined}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <div role="status">
        {doomed !== null && (
          <div className={classes.note}>
            <span>{doomed.words}</span>
            <Button
              variant="subtle"
              className={classes.undo ?? ''}
              onClick={() => {
                setHeld(false);
                undo();
              }}
            >
              Undo
            </Button>
          </div>
        )}
        {note !== null && !note.isBad && <p className={classes.note}>{note.words}</p>}
      </div>
      <div role="alert">
        {note?.isBad && (
          <div className={classes.note} data-bad>
            <span>{note.words}</span>
            <CloseButton size={44} aria-label="Close" onClick={hush} />
          </div>
        )}
      </div>
    </div>
  );
}
