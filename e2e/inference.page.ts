/** The page of inference.spec.ts: the module as a place would use it, within the test's reach. */

import { BrowserModel, type Device, type TextStates } from '../web/src/inference';

/** A request as tools/parity_case.py writes it: arrays as base64 of their bytes. */
export interface Case {
  request: { seed: number; steps: number; guidance: number; width: number; height: number } & Record<
    'text' | 'negative',
    { prompt: string; states: string; mask: string }
  >;
  pixels: string;
}

export interface Compared {
  /** The largest difference of a byte, and the mean one. */
  worst: number;
  mean: number;
  steps: number[];
  seconds: number;
}

const bytes = (packed: string): Uint8Array => Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
const floats = (packed: string): Float32Array => new Float32Array(bytes(packed).buffer);
const unpacked = (text: Case['request']['text']): TextStates => ({
  prompt: text.prompt,
  states: floats(text.states),
  mask: floats(text.mask),
});

/** Make the case's picture here and compare it with the server's. */
async function compare(folder: string, device: Device): Promise<Compared> {
  const { request, pixels } = (await (await fetch('case.json')).json()) as Case;
  const model = await BrowserModel.open(folder, device);
  const steps: number[] = [];
  const began = performance.now();
  const picture = await model.make(
    { ...request, text: unpacked(request.text), negative: unpacked(request.negative) },
    (step) => steps.push(step),
  );
  const seconds = (performance.now() - began) / 1000;
  model.close();
  const expected = bytes(pixels);
  const differences = Array.from(expected, (byte, place) => {
    const [pixel, channel] = [Math.floor(place / 3), place % 3];
    return Math.abs(byte - (picture.pixels[4 * pixel + channel] ?? NaN));
  });
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  return { worst: differences.reduce((one, other) => Math.max(one, other)), mean, steps, seconds };
}

/** Whether this browser's GPU computes in float16. */
async function hasHalfFloats(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<{ features: Set<string> } | null> } };
  return (await gpu?.requestAdapter())?.features.has('shader-f16') ?? false;
}

const exposed = { compare, hasHalfFloats };
export type Exposed = typeof exposed;
Object.assign(window, exposed);
