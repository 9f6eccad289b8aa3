import { useEffect, useRef, type KeyboardEvent } from 'react';
import { GRIPS, moveFrame, nudgeStep, onScreen, resizeFrame, type SizeBounds } from '../frame';
import { drawStrokes } from '../mask';
import { placeWords } from '../rules';
import { useAtlas } from '../store';
import type { Rect } from '../types';
import classes from './FrameBox.module.css';

const WAYS: Record<string, readonly [dx: number, dy: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Narrower than this on the screen, the frame shows no size and no grips. */
const SMALL_PX = 64;

function movedByKey(frame: Rect, event: KeyboardEvent, resolution: number, bounds: SizeBounds): Rect | null {
  const way = WAYS[event.key];
  if (way === undefined) return null;
  const [dx, dy] = way;
  if (event.shiftKey) return resizeFrame(frame, 'se', dx * bounds.multiple, dy * bounds.multiple, bounds);
  const step = event.ctrlKey || event.metaKey ? 1 : nudgeStep(resolution, bounds);
  return moveFrame(frame, dx * step, dy * step);
}

interface Props {
  bounds: SizeBounds;
  /** Enter: the place is chosen, now the words. */
  onEnter: () => void;
}

/** The frame as one sees it. The pointer takes hold of it through the map's gestures, the keyboard here. */
export function FrameBox({ bounds, onEnter }: Props) {
  const { frame, camera, isAwaiting } = useAtlas();
  if (frame === null || camera === null) return null;
  const { x, y, width, height } = onScreen(frame, camera);
  const isSmall = Math.min(width, height) < SMALL_PX;

  const byKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      onEnter();
    }
    const moved = isAwaiting ? null : movedByKey(frame, event, camera.resolution, bounds);
    if (moved === null) return;
    event.preventDefault();
    useAtlas.setState({ frame: moved });
  };

  return (
    <div className={classes.layer}>
      <div
        className={classes.frame}
        style={{ transform: `translate(${x}px, ${y}px)`, width, height }}
        data-small={isSmall || undefined}
        data-awaiting={isAwaiting || undefined}
        tabIndex={0}
        role="application"
        aria-roledescription="frame"
        aria-label={`Frame, ${frame.width} by ${frame.height} at ${placeWords(frame)}. Arrow keys move it, Shift and arrow keys change its size, Enter goes to the prompt.`}
        onKeyDown={byKey}
      >
        <Mask frame={frame} />
        {GRIPS.map((grip) => (
          <span key={grip} className={classes.grip} data-grip={grip} />
        ))}
        <span className={classes.size}>
          {frame.width} × {frame.height}
        </span>
      </div>
    </div>
  );
}

/** What the brush has marked. */
function Mask({ frame }: { frame: Rect }) {
  const strokes = useAtlas((state) => state.strokes);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d') ?? null;
    if (context === null) return;
    context.clearRect(0, 0, frame.width, frame.height);
    drawStrokes(context, strokes, frame, '#f48db1');
  }, [strokes, frame]);
  if (strokes.length === 0) return null;
  return <canvas ref={canvas} className={classes.mask} width={frame.width} height={frame.height} />;
}
