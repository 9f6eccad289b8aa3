import { onScreen } from '../frame';
import { useAtlas } from '../store';
import classes from './PendingFrames.module.css';

/** The rectangle of the edit that is pointed at in the history or on the card. */
export function Pointed() {
  const { pointed, camera } = useAtlas();
  if (pointed === null || camera === null) return null;
  const { x, y, width, height } = onScreen(pointed, camera);
  return (
    <div className={classes.layer} aria-hidden="true">
      <div className={classes.pointed} style={{ transform: `translate(${x}px, ${y}px)`, width, height }} />
    </div>
  );
}
