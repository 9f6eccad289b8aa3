import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { normals, philox4x32, words } from './noise';

interface Vectors {
  tolerance: number;
  philox4x32_10: { counter: string[]; key: string[]; words: string[] }[];
  words: { seed: string; stream: number; words: string[] }[];
  normals: { seed: string; stream: number; shape: number[]; normals: number[] }[];
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/philox.json', import.meta.url), 'utf8'),
) as Vectors;

const hex = (word: number): string => word.toString(16).padStart(8, '0');

describe('Philox gives the numbers that its twin in Python gives', () => {
  test.each(VECTORS.philox4x32_10)('known answers of the authors: $counter', ({ counter, key, words: expected }) => {
    const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter.map((word) => parseInt(word, 16));
    const [k0 = 0, k1 = 0] = key.map((word) => parseInt(word, 16));
    expect(philox4x32([c0, c1, c2, c3], [k0, k1]).map(hex)).toEqual(expected);
  });

  test.each(VECTORS.words)('words of seed $seed, stream $stream', ({ seed, stream, words: expected }) => {
    expect([...words(BigInt(seed), expected.length, stream)].map(hex)).toEqual(expected);
  });

  test.each(VECTORS.normals)('normals of seed $seed, stream $stream', ({ seed, stream, normals: expected }) => {
    const made = normals(BigInt(seed), expected.length, stream);
    const worst = Math.max(...expected.map((value, place) => Math.abs(value - (made[place] ?? NaN))));
    expect(worst).toBeLessThanOrEqual(VECTORS.tolerance);
  });
});
