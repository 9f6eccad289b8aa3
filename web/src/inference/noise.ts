/**
 * Noise that is the same everywhere: the twin of figment/engine/noise.py, which states the recipe (Philox4x32-10, then Box and Muller).
 * Both are checked by tests/vectors/philox.json.
 */

const ROUNDS = 10;
const BLOCK = 4;
const WORD = 2 ** 32;

type Words = readonly [number, number, number, number];

/** The upper 32 bits of the product of two words. */
function high(a: number, b: number): number {
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  // As on paper, with digits of 16 bits; no sum reaches 2^32.
  const upper = a1 * b0 + ((a0 * b0) >>> 16);
  const lower = a0 * b1 + (upper & 0xffff);
  return a1 * b1 + (upper >>> 16) + (lower >>> 16);
}

/** The generator itself: a counter of four words and a key of two, to four random words. */
export function philox4x32(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [high0, low0] = [high(0xd2511f53, c0), Math.imul(0xd2511f53, c0) >>> 0];
    const [high1, low1] = [high(0xcd9e8d57, c2), Math.imul(0xcd9e8d57, c2) >>> 0];
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    [k0, k1] = [(k0 + 0x9e3779b9) >>> 0, (k1 + 0xbb67ae85) >>> 0];
  }
  return [c0, c1, c2, c3];
}

/** The first `count` random words of a seed's stream. Seeds are below 2^64. */
export function words(seed: bigint, count: number, stream = 0): Uint32Array {
  const key = [Number(seed & 0xffffffffn), Number(seed >> 32n)] as const;
  const made = new Uint32Array(Math.ceil(count / BLOCK) * BLOCK);
  for (let block = 0; block * BLOCK < count; block += 1) {
    made.set(philox4x32([block % WORD, Math.floor(block / WORD), stream, 0], key), block * BLOCK);
  }
  return made.subarray(0, count);
}

/** The first `count` standard normal numbers of a seed's stream, as float32. */
export function normals(seed: bigint, count: number, stream = 0): Float32Array {
  const drawn = words(seed, count + (count % 2), stream);
  const uniform = (place: number): number => ((drawn[place] ?? 0) + 0.5) / WORD;
  const made = new Float32Array(drawn.length);
  for (let place = 0; place < drawn.length; place += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform(place)));
    const angle = 2 * Math.PI * uniform(place + 1);
    made[place] = radius * Math.cos(angle);
    made[place + 1] = radius * Math.sin(angle);
  }
  return made.subarray(0, count);
}
