import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { guidanceOf, guided, stepped, timesteps, type Guidance } from './sampling';

interface Vectors {
  timesteps: { steps: number; strength: number; times: number[] }[];
  guidance: { baked: boolean; scale: number; negative: string; expected: Guidance }[];
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/sampling.json', import.meta.url), 'utf8'),
) as Vectors;

describe('sampling decides as its twin in Python does', () => {
  test.each(VECTORS.timesteps)('times of $steps steps at strength $strength', ({ steps, strength, times }) => {
    expect([...timesteps(steps, strength)]).toEqual(times);
  });

  test.each(VECTORS.guidance)('guidance $scale, negative "$negative", baked $baked', (given) => {
    expect(guidanceOf(given.scale, given.negative, given.baked)).toEqual(given.expected);
  });
});

test('guidance goes past the velocity of the prompt', () => {
  expect([...guided(Float32Array.of(1, 2), Float32Array.of(0, 2), 2.5)]).toEqual([2.5, 2]);
});

test('the true velocity leads to the picture', () => {
  const [clean, noise] = [Float32Array.of(0.5, -1), Float32Array.of(2, 0.25)];
  const velocity = noise.map((value, place) => value - (clean[place] ?? 0));
  const times = timesteps(4);
  let latent: Float32Array = noise;
  for (let step = 0; step < 4; step += 1) latent = stepped(latent, velocity, times[step] ?? 0, times[step + 1] ?? 0);
  expect([...latent]).toEqual([...clean]);
});
