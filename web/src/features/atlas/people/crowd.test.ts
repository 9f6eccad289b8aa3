import { describe, expect, test } from 'vitest';
import {
  colourOf,
  hereWords,
  initialsOf,
  isSomewhere,
  lookOf,
  personsOf,
  told,
  viewLike,
  type Onlooker,
} from './crowd';

const ada: Onlooker = { id: 'a1', who: 'a', name: 'Ada Lovelace', colour: 3, at: [10, 20], view: [0, 0, 100, 80] };
const ben: Onlooker = { id: 'b1', who: 'b', name: 'ben', colour: 4, at: null, view: [0, 0, 0, 0] };

describe('who is here', () => {
  test('is what was told last, without my own other pages', () => {
    const both = told(new Map(), { me: 'me', changed: [ada, ben, { ...ben, id: 'm2', who: 'me' }], gone: [] });
    expect([...both.keys()]).toEqual(['a1', 'b1']);
    const moved = told(both, { me: 'me', changed: [{ ...ada, at: [11, 20] }], gone: ['b1'] });
    expect([...moved.values()]).toEqual([{ ...ada, at: [11, 20] }]);
    expect(both.get('a1')).toEqual(ada);
  });

  test('is a list of persons, each where they point', () => {
    const crowd = told(new Map(), { me: null, changed: [ben, ada, { ...ada, id: 'a2', at: null }], gone: [] });
    expect(personsOf(crowd).map(({ id }) => id)).toEqual(['a1', 'b1']);
  });

  test.each([
    [1, 0, '1 person here'],
    [3, 0, '3 people here'],
    [2, 5, '2 people here, and 5 watching'],
  ])('%i people and %i watchers', (people, watchers, words) => {
    expect(hereWords(people, watchers)).toBe(words);
  });

  test('who has not said where they look is nowhere', () => {
    expect(isSomewhere(ada)).toBe(true);
    expect(isSomewhere(ben)).toBe(false);
  });
});

describe('where somebody looks', () => {
  const wide = { width: 1440, height: 900 };
  const tall = { width: 390, height: 844 };

  test('is looked at here at the same size', () => {
    expect(viewLike({ ...ada, view: [-720, -450, 720, 450] }, wide)).toEqual({ x: 0, y: 0, zoom: 0 });
    expect(viewLike({ ...ada, view: [-1440, -900, 1440, 900] }, wide).zoom).toBe(-1);
  });

  test('two who follow each other stand still, whatever their screens', () => {
    const first = viewLike({ ...ada, view: [-300, -200, 500, 400] }, tall);
    const resolution = 2 ** -first.zoom;
    const [halfWidth, halfHeight] = [(tall.width * resolution) / 2, (tall.height * resolution) / 2];
    const mine = {
      ...ben,
      view: [first.x - halfWidth, first.y - halfHeight, first.x + halfWidth, first.y + halfHeight] as Onlooker['view'],
    };
    const back = viewLike(mine, wide);
    expect(back.x).toBeCloseTo(first.x, 8);
    expect(back.y).toBeCloseTo(first.y, 8);
    expect(back.zoom).toBeCloseTo(-Math.log2((800 * 600) / (1440 * 900)) / 2, 10);
  });
});

describe('what is said of me', () => {
  test('is whole pixels, and a view that is not inside out', () => {
    expect(lookOf({ x: 0.4, y: -0.6, width: 99.7, height: 0.1 }, { x: 1.5, y: 2.4 })).toEqual({
      view: [0, -1, 100, 0],
      at: [2, 2],
    });
  });

  test('keeps to the map', () => {
    const { view, at } = lookOf({ x: -(2 ** 45), y: 0, width: 2 ** 46, height: 10 }, { x: 2 ** 50, y: 0 });
    expect(view).toEqual([-(2 ** 40), 0, 2 ** 40, 10]);
    expect(at).toEqual([2 ** 40, 0]);
  });
});

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe('how they look', () => {
  test('twelve colours, each with enough contrast to white', () => {
    const colours = Array.from({ length: 12 }, (_, colour) => colourOf({ colour }));
    expect(new Set(colours).size).toBe(12);
    for (const colour of colours) expect(1.05 / (luminance(colour) + 0.05), colour).toBeGreaterThanOrEqual(4.5);
  });

  test.each([
    ['Ada Lovelace', 'AL'],
    ['ben', 'B'],
    ['  ', ''],
    ['🦊 fox den', '🦊F'],
  ])('%s is %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});
