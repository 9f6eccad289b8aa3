import { describe, expect, it } from 'vitest';
import {
  barAt,
  frameAround,
  hitFrame,
  intersects,
  inView,
  moveFrame,
  nearTiles,
  nudgeStep,
  onScreen,
  resizeFrame,
  snapSide,
  type Grip,
} from './frame';

const BOUNDS = { min: 128, max: 512, multiple: 32 };
const FRAME = { x: -100, y: 50, width: 256, height: 256 };

describe('snapSide', () => {
  it.each([
    [256, 256],
    [270, 256],
    [273, 288],
    [1, 128],
    [9_000, 512],
    [-40, 128],
  ])('takes %d to %d', (length, snapped) => expect(snapSide(length, BOUNDS)).toBe(snapped));

  it('keeps to bounds that are no multiples themselves', () => {
    const odd = { min: 100, max: 500, multiple: 64 };
    expect(snapSide(0, odd)).toBe(128);
    expect(snapSide(9_000, odd)).toBe(448);
  });
});

describe('the frame', () => {
  it('lies around a place on whole pixels', () =>
    expect(frameAround({ x: -0.4, y: 10.3 }, 256, 300, BOUNDS)).toEqual({ x: -128, y: -134, width: 256, height: 288 }));

  it('moves by whole pixels', () => expect(moveFrame(FRAME, 0.6, -10.2)).toEqual({ ...FRAME, x: -99, y: 40 }));

  it.each<[Grip, number, number, { x: number; y: number; width: number; height: number }]>([
    ['e', 40, 99, { x: -100, y: 50, width: 288, height: 256 }],
    ['w', 40, 99, { x: -68, y: 50, width: 224, height: 256 }],
    ['n', 99, -64, { x: -100, y: -14, width: 256, height: 320 }],
    ['s', 99, -64, { x: -100, y: 50, width: 256, height: 192 }],
    ['se', 32, 32, { x: -100, y: 50, width: 288, height: 288 }],
    ['nw', 32, 32, { x: -68, y: 82, width: 224, height: 224 }],
    ['nw', 9_000, 9_000, { x: 28, y: 178, width: 128, height: 128 }],
    ['ne', 9_000, -9_000, { x: -100, y: -206, width: 512, height: 512 }],
  ])('pulled at %s by %d, %d keeps the side across', (grip, dx, dy, resized) =>
    expect(resizeFrame(FRAME, grip, dx, dy, BOUNDS)).toEqual(resized),
  );

  it.each([
    [{ x: -100, y: 50 }, 'nw'],
    [{ x: -108, y: 42 }, 'nw'],
    [{ x: 28, y: 44 }, 'n'],
    [{ x: 156, y: 306 }, 'se'],
    [{ x: 160, y: 178 }, 'e'],
    [{ x: 28, y: 178 }, 'inside'],
    [{ x: 28, y: 30 }, null],
    [{ x: -500, y: 178 }, null],
  ])('is found under %j as %s', (at, hit) => expect(hitFrame(FRAME, at, 10)).toBe(hit));

  it('keeps a middle to be moved by when it is small on the screen', () => {
    const reach = 22 * 8;
    expect(hitFrame(FRAME, { x: 28, y: 178 }, reach)).toBe('inside');
    expect(hitFrame(FRAME, { x: -90, y: 60 }, reach)).toBe('nw');
    expect(hitFrame(FRAME, { x: -100 - 170, y: 178 }, reach)).toBe('w');
  });

  it('is nudged by steps that one sees, on the grid of the model', () => {
    expect(nudgeStep(1, BOUNDS)).toBe(32);
    expect(nudgeStep(64, BOUNDS)).toBe(512);
    expect(nudgeStep(0.25, BOUNDS)).toBe(32);
  });
});

describe('the camera', () => {
  const camera = { x: 100, y: -50, resolution: 2, width: 800, height: 600 };

  it('shows a rectangle where it lies', () =>
    expect(onScreen({ x: 100, y: -50, width: 64, height: 32 }, camera)).toEqual({
      x: 400,
      y: 300,
      width: 32,
      height: 16,
    }));

  it('sees that much of the map', () =>
    expect(inView(camera)).toEqual({ x: -700, y: -650, width: 1600, height: 1200 }));

  it('loses nothing far from the middle', () => {
    const far = { ...camera, x: 1e9 + 3, y: -1e9 };
    expect(onScreen({ x: 1e9 + 3, y: -1e9, width: 2, height: 2 }, far)).toEqual({
      x: 400,
      y: 300,
      width: 1,
      height: 1,
    });
  });

  it('knows what touches it: sides that only meet do not', () => {
    const seen = inView(camera);
    expect(intersects(seen, { x: 899, y: 0, width: 5, height: 5 })).toBe(true);
    expect(intersects(seen, { x: 900, y: 0, width: 5, height: 5 })).toBe(false);
  });
});

describe('the bar below a frame', () => {
  const page = { width: 390, height: 844 };
  it.each([
    ['in the middle', { x: 67, y: 200, width: 256, height: 256 }, { x: 39, y: 500 }],
    ['half out of sight', { x: -200, y: 200, width: 256, height: 256 }, { x: 10, y: 500 }],
    ['behind the composer', { x: 67, y: 600, width: 256, height: 256 }, { x: 39, y: 582 }],
    ['above the page', { x: 67, y: -300, width: 256, height: 256 }, { x: 39, y: 10 }],
  ])('is in sight: %s', (_, frame, at) => expect(barAt(frame, page)).toEqual(at));
});

describe('the near tiles in view', () => {
  const camera = { x: 0, y: 100, resolution: 1, width: 600, height: 150 };

  it('are those of zoom 0 that the page shows some of', () =>
    expect(nearTiles(camera)).toEqual([
      { z: 0, x: -1, y: 0 },
      { z: 0, x: 0, y: 0 },
    ]));

  it('are none from farther away', () => expect(nearTiles({ ...camera, resolution: 2 })).toEqual([]));
});
