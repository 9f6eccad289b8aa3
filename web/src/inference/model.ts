/** A model folder on onnxruntime-web. Runs in a worker: a step takes as long as many frames of the page. */

import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { readManifest, readNetwork, type Input, type Manifest } from './manifest';
import { normals } from './noise';
import type { Device, Picture, PictureRequest, TextStates } from './protocol';
import { guidanceOf, guided, stepped, timesteps } from './sampling';

type Runtime = typeof import('onnxruntime-web/wasm');
type MakeTensor = (values: Float32Array, shape: readonly number[]) => Tensor;

/** The WASM build is half the size of the one that speaks to GPUs too. */
async function runtimeFor(device: Device): Promise<Runtime> {
  return device === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm');
}

export async function openModel(folder: string, device: Device): Promise<OpenModel> {
  const [runtime, manifest] = await Promise.all([runtimeFor(device), readManifest(folder)]);
  const open = async (role: string): Promise<InferenceSession> => {
    const network = await readNetwork(folder, manifest, role);
    return runtime.InferenceSession.create(network, { executionProviders: [device] }).catch(explained);
  };
  const tensor: MakeTensor = (values, shape) => new runtime.Tensor('float32', values, shape);
  return new OpenModel(manifest, await open('denoiser'), await open('decoder'), tensor);
}

function explained(error: unknown): never {
  if (String(error).includes('f16')) {
    throw new Error('This model computes in float16, which this GPU does not. Open it on "wasm".', { cause: error });
  }
  throw error;
}

export class OpenModel {
  constructor(
    private readonly manifest: Manifest,
    private readonly denoiser: InferenceSession,
    private readonly decoder: InferenceSession,
    private readonly tensor: MakeTensor,
  ) {}

  async make(request: PictureRequest, onStep: (step: number, of: number) => void): Promise<Picture> {
    const { channels, downscale } = this.manifest.latent;
    const [height, width] = [request.height / downscale, request.width / downscale];
    const times = timesteps(request.steps);
    let latent = normals(BigInt(request.seed), channels * height * width);
    for (let step = 0; step + 1 < times.length; step += 1) {
      const [time = 0, until = 0] = times.subarray(step, step + 2);
      const velocity = await this.velocity(request, { latent, time, until, height, width });
      latent = stepped(latent, velocity, time, until);
      onStep(step + 1, times.length - 1);
    }
    const image = await only(this.decoder, { latents: this.tensor(latent, [1, channels, height, width]) });
    return { width: request.width, height: request.height, pixels: toPixels(image) };
  }

  private async velocity(request: PictureRequest, at: Moment): Promise<Float32Array> {
    const { text, negative } = request;
    const guidance = guidanceOf(request.guidance, negative.prompt, this.manifest.denoiser.inputs.includes('guidance'));
    const wanted = await only(this.denoiser, this.feeds(at, guidance.told, text));
    if (guidance.rows === 1) return wanted;
    return guided(wanted, await only(this.denoiser, this.feeds(at, guidance.told, negative)), guidance.between);
  }

  /** One network row. Nothing is known yet: the whole picture is to be made. */
  private feeds(
    { latent, time, until, height, width }: Moment,
    guidance: number,
    text: TextStates,
  ): Record<string, Tensor> {
    const { channels } = this.manifest.latent;
    const { tokens } = this.manifest.text;
    const make: Record<Input, () => Tensor> = {
      latents: () => this.tensor(latent, [1, channels, height, width]),
      time: () => this.tensor(Float32Array.of(time), [1]),
      until: () => this.tensor(Float32Array.of(until), [1]),
      guidance: () => this.tensor(Float32Array.of(guidance), [1]),
      text: () => this.tensor(text.states, [1, tokens, text.states.length / tokens]),
      text_mask: () => this.tensor(text.mask, [1, tokens]),
      mask: () => this.tensor(new Float32Array(height * width).fill(1), [1, 1, height, width]),
      known: () => this.tensor(new Float32Array(latent.length), [1, channels, height, width]),
    };
    return Object.fromEntries(this.manifest.denoiser.inputs.map((name) => [name, make[name]()]));
  }
}

/** Where a row is on its way: `height` and `width` count latent cells. */
interface Moment {
  latent: Float32Array;
  time: number;
  until: number;
  height: number;
  width: number;
}

/** The one output of a network. */
async function only(network: InferenceSession, feeds: Record<string, Tensor>): Promise<Float32Array> {
  const [output] = Object.values(await network.run(feeds));
  const values = await output?.getData();
  if (!(values instanceof Float32Array)) throw new Error('the model answered with something that is no picture');
  return values;
}

/** From planes in -1..1 to RGBA bytes. A clamped array rounds half to even, as NumPy does. */
function toPixels(image: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const plane = image.length / 3;
  const pixels = new Uint8ClampedArray(4 * plane).fill(255);
  image.forEach((value, place) => {
    pixels[4 * (place % plane) + Math.floor(place / plane)] = Math.fround(Math.fround(value + 1) * 127.5);
  });
  return pixels;
}
