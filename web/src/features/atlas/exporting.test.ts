import { describe, expect, it } from 'vitest';
import {
  addressesOf,
  areasOf,
  exportAddress,
  MOST_PX,
  receivedWords,
  sizeAt,
  sizesOf,
  sizeWords,
  tilesIn,
  usualOf,
} from './exporting';

const rect = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

describe('what there is to export', () => {
  it('is what is there: a world without land has no whole, one that may not be painted in no frame', () => {
    expect(areasOf({ bounds: null }, null, null)).toEqual({});
    const areas = areasOf({ bounds: [-512, 0, 1024, 512] }, rect(1, 2, 256, 256), rect(-0.5, 10.2, 20.1, 5));
    expect(areas).toEqual({
      world: rect(-512, 0, 1536, 512),
      frame: rect(1, 2, 256, 256),
      view: rect(-1, 10, 21, 6),
    });
  });

  it('is never -0 wide of the origin', () => {
    expect(Object.is(areasOf({ bounds: null }, null, rect(-0, -0, 5, 5)).view?.x, 0)).toBe(true);
  });
});

describe('how large it is', () => {
  it('grows to whole pixels of the zoom', () => {
    expect(sizeAt(rect(-511, -510, 1534, 1110), -2)).toEqual({ zoom: -2, width: 384, height: 278 });
    expect(sizeAt(rect(7, 9, 1, 1), 0)).toEqual({ zoom: 0, width: 1, height: 1 });
    expect(sizeAt(rect(7, 7, 2, 2), -3)).toEqual({ zoom: -3, width: 2, height: 2 });
  });

  it('is at most what the server takes, and not a speck', () => {
    const sizes = sizesOf(rect(0, 0, 100_000, 5000));
    expect(sizes.map(({ zoom }) => zoom)).toEqual([-3, -4, -5, -6, -7, -8]);
    expect(Math.max(...sizes.map(({ width }) => width))).toBeLessThanOrEqual(MOST_PX);
    expect(sizesOf(rect(0, 0, 16_384, 16_384))[0]).toEqual({ zoom: 0, width: 16_384, height: 16_384 });
    expect(sizesOf(rect(0, 0, 40, 30))).toEqual([{ zoom: 0, width: 40, height: 30 }]);
    expect(sizesOf(rect(0, 0, 1e9, 10))).toEqual([]);
  });

  it('is one that opens without a thought, unless something else is asked for', () => {
    expect(usualOf(sizesOf(rect(0, 0, 10_000, 10_000)))?.zoom).toBe(-2);
    expect(usualOf(sizesOf(rect(0, 0, 800, 600)))?.zoom).toBe(0);
    expect(usualOf([])).toBeUndefined();
  });

  it('is told in words', () => {
    expect(sizeWords({ zoom: 0, width: 4096, height: 512 })).toBe('4,096 × 512, full detail');
    expect(sizeWords({ zoom: -3, width: 4096, height: 512 })).toBe('4,096 × 512, 1 : 8');
    expect(tilesIn(rect(-1, 0, 2, 513))).toBe(4);
    expect(receivedWords(0, null)).toBe('The server is making it…');
    expect(receivedWords(2_340_000, null)).toBe('2.3 MB so far');
    expect(receivedWords(20_340_000, 45_000_000)).toBe('20 MB of 45 MB');
  });
});

describe('where it is', () => {
  it('is asked for by rectangle, and a whole world without one', () => {
    const some = rect(-5, 6, 10, 20);
    expect(exportAddress('sea', 'view', some, 'geotiff', -1)).toBe(
      '/api/atlas/worlds/sea/export?bbox=-5,6,5,26&format=geotiff&zoom=-1',
    );
    expect(exportAddress('sea', 'frame', some, 'pmtiles', 0)).toBe(
      '/api/atlas/worlds/sea/export.pmtiles?bbox=-5,6,5,26',
    );
    expect(exportAddress('sea', 'world', some, 'pmtiles', 0)).toBe('/api/atlas/worlds/sea/export.pmtiles');
    expect(addressesOf('https://figment.example', 'sea').xyz).toBe(
      'https://figment.example/api/atlas/worlds/sea/xyz/{z}/{x}/{y}.png',
    );
  });
});
