import type { Camera, Point, Rect, TileName } from './types';

/** The frame in which a picture is made: how it moves, grows, keeps to the model's sizes, and where a hand takes hold of it. */

export interface SizeBounds {
  min: number;
  max: number;
  multiple: number;
}

export const GRIPS = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'] as const;
export type Grip = (typeof GRIPS)[number];
export type Hit = Grip | 'inside' | null;

/** The side nearest to `length` that the model can make. */
export function snapSide(length: number, { min, max, multiple }: SizeBounds): number {
  const [fewest, most] = [Math.ceil(min / multiple), Math.floor(max / multiple)];
  return Math.min(Math.max(Math.round(length / multiple), fewest), most) * multiple;
}

export function frameAround(middle: Point, width: number, height: number, bounds: SizeBounds): Rect {
  const [w, h] = [snapSide(width, bounds), snapSide(height, bounds)];
  return { x: Math.round(middle.x - w / 2), y: Math.round(middle.y - h / 2), width: w, height: h };
}

export const moveFrame = (frame: Rect, dx: number, dy: number): Rect => ({
  ...frame,
  x: Math.round(frame.x + dx),
  y: Math.round(frame.y + dy),
});

/** The frame with one side or corner pulled by that much; the side across stays where it is. */
export function resizeFrame(frame: Rect, grip: Grip, dx: number, dy: number, bounds: SizeBounds): Rect {
  const [west, east] = [grip.includes('w'), grip.includes('e')];
  const [north, south] = [grip.includes('n'), grip.includes('s')];
  const width = west || east ? snapSide(frame.width + (east ? dx : -dx), bounds) : frame.width;
  const height = north || south ? snapSide(frame.height + (south ? dy : -dy), bounds) : frame.height;
  return {
    x: west ? frame.x + frame.width - width : frame.x,
    y: north ? frame.y + frame.height - height : frame.y,
    width,
    height,
  };
}

/** Which end of a side is taken hold of: 1 the far one, -1 the near one, 0 neither. */
function endOf(at: number, length: number, reach: number): -1 | 0 | 1 | null {
  // A small frame keeps a middle to be moved by.
  const within = Math.min(reach, length / 4);
  if (at < -reach || at > length + reach) return null;
  if (at <= within) return -1;
  return at >= length - within ? 1 : 0;
}

/** What of the frame lies under that place. `reach`: how far from a side one still takes hold of it, in map pixels. */
export function hitFrame(frame: Rect, { x, y }: Point, reach: number): Hit {
  const across = endOf(x - frame.x, frame.width, reach);
  const down = endOf(y - frame.y, frame.height, reach);
  if (across === null || down === null) return null;
  if (across === 0 && down === 0) return 'inside';
  const name = (['n', '', 's'] as const)[down + 1] as string;
  return (name + ((['w', '', 'e'] as const)[across + 1] as string)) as Grip;
}

/** A hand trembles by as much without meaning it, a finger more than a mouse. */
const SLOP_PX = { coarse: 10, fine: 4 };

/** Whether a pointer that was pressed there is dragged by now. */
export const hasMoved = (from: Point, to: Point, isCoarse: boolean): boolean =>
  Math.hypot(to.x - from.x, to.y - from.y) > (isCoarse ? SLOP_PX.coarse : SLOP_PX.fine);

export const CURSORS: Record<Grip | 'inside', string> = {
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
  n: 'ns-resize',
  s: 'ns-resize',
  e: 'ew-resize',
  w: 'ew-resize',
  inside: 'move',
};

/** The steps that arrow keys move the frame by: seen at every zoom, and still on the model's grid. */
export function nudgeStep(resolution: number, { multiple }: SizeBounds): number {
  const wanted = Math.max(multiple, 8 * resolution);
  return Math.round(wanted / multiple) * multiple;
}

// ---- between the map and the screen ----

/** Where on the screen a rectangle of the map lies, in pixels of the page. */
export function onScreen({ x, y, width, height }: Rect, camera: Camera): Rect {
  const { resolution } = camera;
  return {
    x: (x - camera.x) / resolution + camera.width / 2,
    y: (y - camera.y) / resolution + camera.height / 2,
    width: width / resolution,
    height: height / resolution,
  };
}

const BAR = { width: 312, height: 112, gap: 10, foot: 150 };
/** The size of a frame is written below it. */
const SIZE_PX = 34;

/** Where on the screen the bar below a frame lies: in sight as long as the frame is, and above the composer at the foot of the page. */
export function barAt(frame: Rect, { width, height }: Pick<Camera, 'width' | 'height'>): Point {
  const clamp = (value: number, most: number) => Math.max(Math.min(value, most), BAR.gap);
  return {
    x: clamp(frame.x + (frame.width - BAR.width) / 2, width - BAR.width - BAR.gap),
    y: clamp(frame.y + frame.height + BAR.gap + SIZE_PX, height - BAR.foot - BAR.height),
  };
}

/** The part of the map that is in view. */
export const inView = ({ x, y, resolution, width, height }: Camera): Rect => ({
  x: x - (width * resolution) / 2,
  y: y - (height * resolution) / 2,
  width: width * resolution,
  height: height * resolution,
});

/** Where a frame is well seen: the middle of what the composer at the foot of the page leaves free. */
export const openSpot = ({ x, y, resolution, height }: Camera): Point => ({ x, y: y - 0.05 * height * resolution });

export const middleOf = ({ x, y, width, height }: Rect): Point => ({ x: x + width / 2, y: y + height / 2 });

export const intersects = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const TILE = 512;
/** Farther away than this, the map shows tiles of zoom -1. */
const NEAR_RESOLUTION = 1.5;

/** The tiles of zoom 0 that are in view; none when one looks from farther away. */
export function nearTiles(camera: Camera): TileName[] {
  if (camera.resolution >= NEAR_RESOLUTION) return [];
  const { x, y, width, height } = inView(camera);
  const range = (from: number, length: number) => {
    const first = Math.floor(from / TILE);
    return Array.from({ length: Math.ceil((from + length) / TILE) - first }, (_, n) => first + n);
  };
  return range(y, height).flatMap((row) => range(x, width).map((column) => ({ z: 0, x: column, y: row })));
}
