import { describe, expect, it } from 'vitest';
import type { Manifest } from './types';
import { inRequests, rangeOf, TileVersions, type TileRange } from './versions';

/** A manifest that answers when it is told to, and remembers what it was asked. */
function manifest(tiles: Record<string, string> = {}, ground: string | null = null) {
  const asked: TileRange[] = [];
  const waiting: { range: TileRange; answer: (manifest: Manifest) => void; fail: (error: Error) => void }[] = [];
  const ask = (range: TileRange) => {
    asked.push(range);
    return new Promise<Manifest>((answer, fail) => waiting.push({ range, answer, fail }));
  };
  const within = ({ x0, x1, y0, y1 }: TileRange, x: number, y: number) => x >= x0 && x <= x1 && y >= y0 && y <= y1;
  const answer = () => {
    for (const { range, answer: reply } of waiting.splice(0)) {
      const named = Object.entries(tiles).map(([name, v]) => {
        const [x = 0, y = 0] = name.split('/').map(Number);
        return { x, y, v };
      });
      reply({ z: range.z, tiles: named.filter(({ x, y }) => within(range, x, y)), ground });
    }
  };
  const fail = () => {
    for (const { fail: refuse } of waiting.splice(0)) refuse(new Error('away'));
  };
  return { asked, ask, answer, fail };
}

/** Lets what was asked in this turn be sent. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('the ranges of a manifest', () => {
  it('are whole blocks, on both sides of the middle', () => {
    expect(rangeOf([{ z: 0, x: 0, y: 0 }])).toEqual({ z: 0, x0: 0, y0: 0, x1: 15, y1: 15 });
    expect(
      rangeOf([
        { z: -2, x: -1, y: -1 },
        { z: -2, x: 0, y: 0 },
      ]),
    ).toEqual({ z: -2, x0: -16, y0: -16, x1: 15, y1: 15 });
  });

  it('are one a zoom, as long as one manifest may name so many tiles', () => {
    const blocks = [
      { z: 0, x: 0, y: 0 },
      { z: 0, x: 1, y: 0 },
      { z: -1, x: 0, y: 0 },
    ];
    expect(inRequests(blocks).map((each) => each.length)).toEqual([2, 1]);
    const apart = [
      { z: 0, x: 0, y: 0 },
      { z: 0, x: 900, y: 0 },
    ];
    expect(inRequests(apart).map((each) => each.length)).toEqual([1, 1]);
  });
});

describe('tile versions', () => {
  it('are asked for together, once, and known from then on', async () => {
    const server = manifest({ '0/0': 'a', '-1/-1': 'b' });
    const versions = new TileVersions(server.ask);
    const wanted = [
      versions.of({ z: 0, x: 0, y: 0 }),
      versions.of({ z: 0, x: -1, y: -1 }),
      versions.of({ z: 0, x: 5, y: 5 }),
    ];
    await turn();
    server.answer();
    expect(await Promise.all(wanted)).toEqual(['a', 'b', null]);
    expect(await versions.of({ z: 0, x: 3, y: 3 })).toBeNull();
    expect(server.asked).toEqual([{ z: 0, x0: -16, y0: -16, x1: 15, y1: 15 }]);
  });

  it('follow events: a new version, and a tile that is blank again', async () => {
    const server = manifest({ '0/0': 'a', '1/0': 'b' });
    const versions = new TileVersions(server.ask);
    const wanted = versions.of({ z: 0, x: 0, y: 0 });
    await turn();
    server.answer();
    await wanted;
    expect(
      versions.apply([
        { z: 0, x: 0, y: 0, v: 'c' },
        { z: 0, x: 1, y: 0, v: null },
      ]),
    ).toBe(true);
    expect(await versions.of({ z: 0, x: 0, y: 0 })).toBe('c');
    expect(await versions.of({ z: 0, x: 1, y: 0 })).toBeNull();
  });

  it('of land: every tile has one, and a near one is a sketch until it is painted', async () => {
    const server = manifest({ '0/0': 'a' }, 'land');
    const versions = new TileVersions(server.ask);
    const [painted, sketched, far] = [
      { z: 0, x: 0, y: 0 },
      { z: 0, x: 1, y: 0 },
      { z: -1, x: 1, y: 0 },
    ];
    expect(versions.isSketch(sketched)).toBe(false);
    const wanted = [painted, sketched, far].map((tile) => versions.of(tile));
    await turn();
    server.answer();
    expect(await Promise.all(wanted)).toEqual(['a', 'land', 'land']);
    expect([painted, sketched, far].map((tile) => versions.isSketch(tile))).toEqual([false, true, false]);
    versions.apply([
      { ...sketched, v: 'b' },
      { ...painted, v: null },
    ]);
    expect(await Promise.all([painted, sketched].map((tile) => versions.of(tile)))).toEqual(['land', 'b']);
    expect([painted, sketched].map((tile) => versions.isSketch(tile))).toEqual([true, false]);
  });

  it('take no notice of tiles that nobody looked at', () => {
    const versions = new TileVersions(manifest().ask);
    expect(versions.apply([{ z: 0, x: 900, y: 0, v: 'c' }])).toBe(false);
  });

  it('believe an event over an answer that was on its way', async () => {
    const server = manifest({ '0/0': 'old' });
    const versions = new TileVersions(server.ask);
    const wanted = versions.of({ z: 0, x: 0, y: 0 });
    await turn();
    versions.apply([{ z: 0, x: 0, y: 0, v: 'new' }]);
    server.answer();
    expect(await wanted).toBe('new');
  });

  it('are asked for again after a failure, and after events may have been missed', async () => {
    const server = manifest({ '0/0': 'a' });
    const versions = new TileVersions(server.ask);
    const failing = versions.of({ z: 0, x: 0, y: 0 });
    await turn();
    server.fail();
    await expect(failing).rejects.toThrow('away');
    const again = versions.of({ z: 0, x: 0, y: 0 });
    await turn();
    server.answer();
    expect(await again).toBe('a');
    versions.forget();
    const third = versions.of({ z: 0, x: 0, y: 0 });
    await turn();
    server.answer();
    await third;
    expect(server.asked).toHaveLength(3);
  });
});
