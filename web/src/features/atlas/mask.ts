import type { Point, Rect } from './types';

/** What is to be made anew inside the frame, as it was painted: strokes of a round brush, in map pixels. */
export interface Stroke {
  radius: number;
  points: readonly Point[];
}

/** A stroke over all of the frame: what the brush does by hand, in one step. */
export const strokeOver = ({ x, y, width, height }: Rect): Stroke => ({
  radius: Math.hypot(width, height) / 2,
  points: [{ x: x + width / 2, y: y + height / 2 }],
});

/** The stroke, led on to that place; the same one where the hand has hardly moved. */
export function leadOn(stroke: Stroke, to: Point): Stroke {
  const from = stroke.points.at(-1);
  const way = from === undefined ? Infinity : Math.hypot(to.x - from.x, to.y - from.y);
  return way < stroke.radius / 6 ? stroke : { ...stroke, points: [...stroke.points, to] };
}

/** Whether any of it lies in the frame: what lies beside it is not sent. */
export function touchesFrame(strokes: readonly Stroke[], { x, y, width, height }: Rect): boolean {
  return strokes.some(({ radius, points }) =>
    points.some((at) => {
      const [dx, dy] = [Math.max(x - at.x, 0, at.x - x - width), Math.max(y - at.y, 0, at.y - y - height)];
      return Math.hypot(dx, dy) < radius;
    }),
  );
}

type Drawn = Pick<
  CanvasRenderingContext2D,
  'beginPath' | 'moveTo' | 'lineTo' | 'stroke' | 'lineWidth' | 'lineCap' | 'lineJoin' | 'strokeStyle'
>;

/** Draws the strokes as they lie in the frame, a map pixel a pixel. */
export function drawStrokes(context: Drawn, strokes: readonly Stroke[], frame: Rect, ink: string): void {
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.strokeStyle = ink;
  for (const { radius, points } of strokes) {
    const [first, ...others] = points.map((at) => ({ x: at.x - frame.x, y: at.y - frame.y }));
    if (first === undefined) continue;
    context.lineWidth = radius * 2;
    context.beginPath();
    context.moveTo(first.x, first.y);
    // A line of no length is drawn too, as a dot.
    for (const { x, y } of others.length === 0 ? [first] : others) context.lineTo(x, y);
    context.stroke();
  }
}

/** The mask of the frame as a PNG of its size: white is made anew, black stays. */
export async function maskOf(strokes: readonly Stroke[], frame: Rect): Promise<Blob> {
  const canvas = new OffscreenCanvas(frame.width, frame.height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser cannot draw the mask. Paint without one.');
  context.fillStyle = '#000';
  context.fillRect(0, 0, frame.width, frame.height);
  drawStrokes(context, strokes, frame, '#fff');
  return canvas.convertToBlob({ type: 'image/png' });
}
