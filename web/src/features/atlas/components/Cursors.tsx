import { useEffect, useRef } from 'react';
import { inView } from '../frame';
import { useAtlas } from '../store';
import type { Camera, Point } from '../types';
import { colourOf, type Onlooker } from '../people/crowd';
import { usePeople } from '../people/store';
import classes from './People.module.css';

/** As long as it takes until the next place of a cursor is told, so that it moves on when it arrives. */
const GLIDE_MS = 120;
/** A label beside the very edge would be cut off, its cursor not. */
const MARGIN_PX = 24;

/** Where the others point, with their names. */
export function Cursors() {
  const crowd = usePeople((state) => state.crowd);
  const camera = useAtlas((state) => state.camera);
  if (camera === null) return null;
  const view = inView(camera);
  const margin = MARGIN_PX * camera.resolution;
  const isSeen = ({ x, y }: Point) =>
    x > view.x - margin && x < view.x + view.width + margin && y > view.y - margin && y < view.y + view.height + margin;
  return (
    <div className={classes.layer} aria-hidden="true">
      {[...crowd.values()].map((person) => {
        const at = person.at && { x: person.at[0], y: person.at[1] };
        return at && isSeen(at) && <Cursor key={person.id} person={person} at={at} camera={camera} />;
      })}
    </div>
  );
}

interface Props {
  person: Onlooker;
  at: Point;
  camera: Camera;
}

/**
 * The outer element stands where the cursor is by now and moves with the map; the inner one begins where it was seen last and glides there.
 * Without motion it is there at once.
 */
function Cursor({ person, at, camera }: Props) {
  const inner = useRef<HTMLDivElement>(null);
  const { x, y } = at;
  const last = useRef({ x, y });
  const { resolution } = camera;

  useEffect(() => {
    const element = inner.current;
    const was = last.current;
    last.current = { x, y };
    if (element === null || (was.x === x && was.y === y)) return;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const [dx = 0, dy = 0] = getComputedStyle(element).translate.split(' ').map(parseFloat);
    const from = `${(was.x - x) / resolution + (dx || 0)}px ${(was.y - y) / resolution + (dy || 0)}px`;
    for (const running of element.getAnimations()) running.cancel();
    element.animate([{ translate: from }, { translate: '0px 0px' }], { duration: GLIDE_MS, easing: 'linear' });
    // A zoom alone moves no cursor on the map.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [x, y]);

  const left = (x - camera.x) / resolution + camera.width / 2;
  const top = (y - camera.y) / resolution + camera.height / 2;
  return (
    <div className={classes.cursor} style={{ transform: `translate(${left}px, ${top}px)` }} data-who={person.who}>
      <div ref={inner} style={{ color: colourOf(person) }}>
        <svg width="20" height="20" viewBox="0 0 20 20">
          <path
            d="M2 2 17 8.5 10.2 10.4 7.6 17.2Z"
            fill="currentColor"
            stroke="#fff"
            strokeWidth="1.6"
            strokeLinejoin="round"
          />
        </svg>
        <span className={classes.name} style={{ background: colourOf(person) }}>
          {person.name}
        </span>
      </div>
    </div>
  );
}
