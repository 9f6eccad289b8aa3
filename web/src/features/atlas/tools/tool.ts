import type { SizeBounds } from '../frame';
import type { Stroke } from '../mask';
import type { Point, Rect } from '../types';

/** One pointer: where on the map, where on the screen, and whether it is as blunt as a finger. */
export interface Touch {
  at: Point;
  screen: Point;
  isCoarse: boolean;
}

/** What a gesture can see and do. */
export interface Hands {
  frame: () => Rect | null;
  bounds: () => SizeBounds;
  /** Map pixels per pixel of the screen. */
  resolution: () => number;
  /** The server was asked to paint the frame and has not answered yet. */
  isAwaiting: () => boolean;
  /** The brush in the hand: its radius in map pixels, or null while there is none. */
  brush: () => number | null;
  strokes: () => readonly Stroke[];
  setFrame: (frame: Rect) => void;
  setStrokes: (strokes: readonly Stroke[]) => void;
  pick: (at: Point) => void;
  setCursor: (cursor: string) => void;
}

/** The state of a gesture. Every event answers with the state that comes next; one that has no answer changes nothing. */
export abstract class Tool {
  constructor(protected readonly hands: Hands) {}

  /** Whether the map must not pan under this gesture. */
  get holdsMap(): boolean {
    return false;
  }

  press?(touch: Touch): Tool;

  drag?(touch: Touch): Tool;

  release?(touch: Touch): Tool;

  hover?(touch: Touch): void;

  /** A second finger, Escape, or a pointer that is gone: as if the gesture had not been. */
  cancel?(): Tool;

  /** The server answered. */
  settle?(): Tool;
}
