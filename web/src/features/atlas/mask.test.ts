import { describe, expect, it } from 'vitest';
import { drawStrokes, leadOn, strokeOver, touchesFrame, type Stroke } from './mask';

const FRAME = { x: 100, y: -50, width: 256, height: 128 };
const dot = (x: number, y: number, radius = 12): Stroke => ({ radius, points: [{ x, y }] });

describe('a stroke', () => {
  it('follows the hand, and not its trembling', () => {
    const stroke = dot(0, 0);
    expect(leadOn(stroke, { x: 1, y: 1 })).toBe(stroke);
    expect(leadOn(stroke, { x: 8, y: 0 }).points).toEqual([
      { x: 0, y: 0 },
      { x: 8, y: 0 },
    ]);
  });

  it('over all of the frame covers its corners', () => {
    const { radius, points } = strokeOver(FRAME);
    const [middle = { x: 0, y: 0 }] = points;
    expect(Math.hypot(FRAME.x - middle.x, FRAME.y - middle.y)).toBeLessThanOrEqual(radius);
  });

  it.each([
    [dot(150, 0), true],
    [dot(92, 0), true],
    [dot(80, 0), false],
    [dot(370, 90), false],
  ])('%j is in the frame: %s', (stroke, isIn) => expect(touchesFrame([stroke], FRAME)).toBe(isIn));

  it('is drawn where it lies in the frame, a dot as a line of no length', () => {
    const drawn: unknown[] = [];
    const context = {
      lineCap: 'butt' as CanvasLineCap,
      lineJoin: 'miter' as CanvasLineJoin,
      lineWidth: 0,
      strokeStyle: '',
      beginPath: () => undefined,
      moveTo: (x: number, y: number) => drawn.push(['from', x, y]),
      lineTo: (x: number, y: number) => drawn.push(['to', x, y]),
      stroke: () => drawn.push(['wide', context.lineWidth]),
    };
    drawStrokes(
      context,
      [
        dot(110, -50),
        {
          radius: 4,
          points: [
            { x: 100, y: 0 },
            { x: 120, y: 10 },
          ],
        },
      ],
      FRAME,
      '#fff',
    );
    expect(drawn).toEqual([
      ['from', 10, 0],
      ['to', 10, 0],
      ['wide', 24],
      ['from', 0, 50],
      ['to', 20, 60],
      ['wide', 8],
    ]);
  });
});
