/** From noise to latent by flow matching: the twin of figment/engine/sampling.py. Both are checked by tests/vectors/sampling.json. */

/** How many of `steps` run at this strength: at least one. */
function stepCount(steps: number, strength: number): number {
  return Math.max(1, Math.ceil(steps * strength - 1e-6));
}

/** Times from `strength` down to 0 in equal steps, each of them a float32. */
export function timesteps(steps: number, strength = 1): Float32Array {
  const count = stepCount(steps, strength);
  return Float32Array.from({ length: count + 1 }, (_, step) =>
    step === count ? 0 : strength - step * (strength / count),
  );
}

/** `told`: the scale that the network itself applies; `between`: from the negative prompt's velocity to the prompt's, if two rows are run. */
export interface Guidance {
  rows: 1 | 2;
  told: number;
  between: number;
}

/** `baked`: the network is told the scale. Scales below 1 lead back from the prompt, which no network learns: they take two rows. */
export function guidanceOf(scale: number, negative: string, baked: boolean): Guidance {
  if (scale === 1) return { rows: 1, told: 1, between: 1 };
  if (baked && scale > 1 && negative.trim() === '') return { rows: 1, told: scale, between: 1 };
  return { rows: 2, told: 1, between: scale };
}

/** One velocity of the prompt's and the negative prompt's. */
export function guided(wanted: Float32Array, unwanted: Float32Array, scale: number): Float32Array {
  return wanted.map((value, place) => {
    const base = unwanted[place] ?? 0;
    return base + Math.fround(scale * Math.fround(value - base));
  });
}

/** Where a step leads that goes from one time to another. */
export function stepped(latent: Float32Array, velocity: Float32Array, time: number, until: number): Float32Array {
  const length = Math.fround(until - time);
  return latent.map((value, place) => value + Math.fround(length * (velocity[place] ?? 0)));
}
