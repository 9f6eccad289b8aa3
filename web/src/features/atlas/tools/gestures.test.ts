import { describe, expect, it } from 'vitest';
import type { Stroke } from '../mask';
import type { Point, Rect } from '../types';
import { AwaitingImage } from './AwaitingImage';
import { Gesture } from './Gesture';
import { Idle } from './Idle';
import { MovingFrame } from './MovingFrame';
import { PaintingMask } from './PaintingMask';
import { Panning } from './Panning';
import { Picking } from './Picking';
import { ResizingFrame } from './ResizingFrame';
import type { Touch } from './tool';

const BOUNDS = { min: 128, max: 512, multiple: 32 };
const FRAME: Rect = { x: 0, y: 0, width: 256, height: 256 };

const NO_BRUSH = { brush: null as number | null, strokes: [] as readonly Stroke[] };

/** A map without a browser: the screen shows the map from 0, 0 on, `resolution` map pixels a pixel. */
function replay({ resolution = 1, isCoarse = false } = {}) {
  const world = { frame: FRAME as Rect | null, picked: [] as Point[], cursor: '', isAwaiting: false, ...NO_BRUSH };
  const gesture = new Gesture({
    frame: () => world.frame,
    bounds: () => BOUNDS,
    resolution: () => resolution,
    isAwaiting: () => world.isAwaiting,
    brush: () => world.brush,
    strokes: () => world.strokes,
    setFrame: (frame) => (world.frame = frame),
    setStrokes: (strokes) => (world.strokes = strokes),
    pick: (at) => world.picked.push(at),
    setCursor: (cursor) => (world.cursor = cursor),
  });
  const touch = (x: number, y: number): Touch => ({
    at: { x: x * resolution, y: y * resolution },
    screen: { x, y },
    isCoarse,
  });
  const hand = {
    press: (x: number, y: number) => gesture.press(touch(x, y)),
    drag: (x: number, y: number) => gesture.drag(touch(x, y)),
    release: (x: number, y: number) => gesture.release(touch(x, y)),
    hover: (x: number, y: number) => gesture.hover(touch(x, y)),
  };
  return { world, gesture, hand };
}

describe('a click', () => {
  it('asks what made the place, in the frame and beside it', () => {
    const { world, gesture, hand } = replay();
    for (const x of [128, 600]) {
      hand.press(x, 128);
      expect(gesture.state).toBeInstanceOf(Picking);
      hand.release(x, 128);
      expect(gesture.state).toBeInstanceOf(Idle);
    }
    expect(world.picked).toEqual([
      { x: 128, y: 128 },
      { x: 600, y: 128 },
    ]);
    expect(world.frame).toEqual(FRAME);
  });

  it('may tremble, a finger more than a mouse', () => {
    const finger = replay({ isCoarse: true });
    finger.hand.press(600, 128);
    finger.hand.drag(606, 132);
    finger.hand.release(606, 132);
    expect(finger.world.picked).toHaveLength(1);
    const mouse = replay();
    mouse.hand.press(600, 128);
    mouse.hand.drag(606, 132);
    mouse.hand.release(606, 132);
    expect(mouse.world.picked).toHaveLength(0);
  });
});

describe('a drag beside the frame', () => {
  it('is the map’s, and picks nothing', () => {
    const { world, gesture, hand } = replay();
    hand.press(600, 400);
    expect(gesture.holdsMap).toBe(false);
    hand.drag(500, 300);
    expect(gesture.state).toBeInstanceOf(Panning);
    expect(gesture.holdsMap).toBe(false);
    expect(world.cursor).toBe('grabbing');
    hand.release(500, 300);
    expect(gesture.state).toBeInstanceOf(Idle);
    expect(world).toMatchObject({ picked: [], frame: FRAME, cursor: 'grab' });
  });
});

describe('a drag in the frame', () => {
  it('moves it with the hand, at any zoom, and holds the map', () => {
    const { world, gesture, hand } = replay({ resolution: 2 });
    hand.press(64, 64);
    expect(gesture.holdsMap).toBe(true);
    hand.drag(80, 64);
    hand.drag(114, 44);
    expect(gesture.state).toBeInstanceOf(MovingFrame);
    expect(world.frame).toEqual({ x: 100, y: -40, width: 256, height: 256 });
    hand.release(114, 44);
    expect(gesture.state).toBeInstanceOf(Idle);
    expect(gesture.holdsMap).toBe(false);
    expect(world.picked).toEqual([]);
  });

  it('is as if it had not been when a second finger comes', () => {
    const { world, gesture, hand } = replay({ isCoarse: true });
    hand.press(128, 128);
    hand.drag(200, 200);
    expect(world.frame).not.toEqual(FRAME);
    gesture.cancel();
    expect(world.frame).toEqual(FRAME);
    expect(gesture.state).toBeInstanceOf(Idle);
  });
});

describe('a drag at a grip', () => {
  it('resizes in the steps of the model, and back', () => {
    const { world, gesture, hand } = replay();
    hand.press(256, 256);
    expect(gesture.state).toBeInstanceOf(ResizingFrame);
    expect(gesture.holdsMap).toBe(true);
    hand.drag(300, 330);
    expect(world.frame).toEqual({ x: 0, y: 0, width: 288, height: 320 });
    hand.drag(9_000, 9_000);
    expect(world.frame).toEqual({ x: 0, y: 0, width: 512, height: 512 });
    hand.drag(256, 256);
    expect(world.frame).toEqual(FRAME);
    hand.release(256, 256);
    expect(gesture.state).toBeInstanceOf(Idle);
    expect(world.picked).toEqual([]);
  });

  it('that was only clicked is a click on the place', () => {
    const { world, gesture, hand } = replay();
    hand.press(256, 128);
    hand.drag(258, 129);
    hand.release(258, 129);
    expect(world).toMatchObject({ frame: FRAME, picked: [{ x: 258, y: 129 }] });
    expect(gesture.state).toBeInstanceOf(Idle);
  });

  it('begins 22 pixels away with a finger, 10 with a mouse', () => {
    const finger = replay({ isCoarse: true });
    finger.hand.press(277, 128);
    expect(finger.gesture.state).toBeInstanceOf(ResizingFrame);
    const mouse = replay();
    mouse.hand.press(277, 128);
    expect(mouse.gesture.state).toBeInstanceOf(Picking);
  });

  it('is taken back by Escape', () => {
    const { world, gesture, hand } = replay();
    hand.press(0, 0);
    hand.drag(-64, -64);
    expect(world.frame).toEqual({ x: -64, y: -64, width: 320, height: 320 });
    gesture.cancel();
    expect(world.frame).toEqual(FRAME);
  });
});

describe('the brush', () => {
  it('marks what is in the frame, and leaves the frame where it is', () => {
    const { world, gesture, hand } = replay();
    world.brush = 12;
    hand.press(100, 100);
    expect(gesture.state).toBeInstanceOf(PaintingMask);
    expect(gesture.holdsMap).toBe(true);
    hand.drag(101, 100);
    hand.drag(140, 120);
    hand.release(140, 120);
    hand.press(60, 60);
    hand.release(60, 60);
    expect(world.strokes).toEqual([
      {
        radius: 12,
        points: [
          { x: 100, y: 100 },
          { x: 140, y: 120 },
        ],
      },
      { radius: 12, points: [{ x: 60, y: 60 }] },
    ]);
    expect(world).toMatchObject({ frame: FRAME, picked: [] });
  });

  it('leaves grips and map as they are', () => {
    const { world, gesture, hand } = replay();
    world.brush = 12;
    hand.press(256, 256);
    expect(gesture.state).toBeInstanceOf(ResizingFrame);
    gesture.cancel();
    hand.press(600, 400);
    hand.release(600, 400);
    expect(world.picked).toHaveLength(1);
    expect(world.strokes).toEqual([]);
  });

  it('takes a stroke back when a second finger comes', () => {
    const { world, gesture, hand } = replay({ isCoarse: true });
    world.brush = 12;
    hand.press(100, 100);
    hand.drag(140, 120);
    gesture.cancel();
    expect(world.strokes).toEqual([]);
    expect(gesture.state).toBeInstanceOf(Idle);
  });
});

describe('while the server is asked', () => {
  it('the frame stays, the map can be moved and picked', () => {
    const { world, gesture, hand } = replay();
    world.isAwaiting = true;
    gesture.await();
    expect(gesture.state).toBeInstanceOf(AwaitingImage);
    hand.press(128, 128);
    hand.drag(200, 200);
    expect(gesture.state).toBeInstanceOf(Panning);
    hand.release(200, 200);
    expect(gesture.state).toBeInstanceOf(AwaitingImage);
    expect(world.frame).toEqual(FRAME);
    hand.press(128, 128);
    hand.release(128, 128);
    expect(world.picked).toHaveLength(1);
    world.isAwaiting = false;
    gesture.settle();
    expect(gesture.state).toBeInstanceOf(Idle);
  });

  it('an answer does not break off a pan', () => {
    const { world, gesture, hand } = replay();
    world.isAwaiting = true;
    gesture.await();
    hand.press(600, 400);
    hand.drag(500, 300);
    world.isAwaiting = false;
    gesture.settle();
    expect(gesture.state).toBeInstanceOf(Panning);
    hand.release(500, 300);
    expect(gesture.state).toBeInstanceOf(Idle);
  });
});

describe('the cursor', () => {
  it('says what a press would take hold of', () => {
    const { world, hand } = replay();
    const seen = [
      [128, 128],
      [0, 0],
      [256, 0],
      [128, 256],
      [600, 600],
    ].map(([x = 0, y = 0]) => {
      hand.hover(x, y);
      return world.cursor;
    });
    expect(seen).toEqual(['move', 'nwse-resize', 'nesw-resize', 'ns-resize', 'grab']);
  });

  it('is a hand where there is no frame', () => {
    const { world, hand } = replay();
    world.frame = null;
    hand.hover(128, 128);
    expect(world.cursor).toBe('grab');
  });
});
