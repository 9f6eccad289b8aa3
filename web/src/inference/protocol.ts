/** What the page and the worker say to each other. */

export type Device = 'wasm' | 'webgpu';

/** A prompt as the model reads it: `states` (tokens x features) row after row, `mask` (tokens), 1 where there is a token. */
export interface TextStates {
  prompt: string;
  states: Float32Array;
  mask: Float32Array;
}

export interface PictureRequest {
  text: TextStates;
  negative: TextStates;
  seed: number;
  steps: number;
  guidance: number;
  width: number;
  height: number;
}

/** `pixels`: RGBA, row after row, as ImageData takes them. */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

export type Order = { kind: 'open'; folder: string; device: Device } | { kind: 'make'; request: PictureRequest };

export type Answer =
  | { kind: 'opened' }
  | { kind: 'step'; step: number; of: number }
  | { kind: 'made'; picture: Picture }
  | { kind: 'failed'; message: string };
