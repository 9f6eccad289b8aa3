import { IconCheck } from '@/shared/ui/icons';
import { useSelection } from '../selection';
import classes from './Check.module.css';

/** Lies over a picture while one selects: pressing chooses it, pressing with Shift everything from the last one to it. */
export function Check({ id, name }: { id: string; name: string }) {
  const isChosen = useSelection(({ ids }) => ids.has(id));
  const press = useSelection((selection) => selection.press);
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={isChosen}
      aria-label={`Select ${name}`}
      className={classes.check}
      onClick={(event) => press(id, event.shiftKey)}
    >
      <span className={classes.mark}>{isChosen && <IconCheck size={18} />}</span>
    </button>
  );
}
