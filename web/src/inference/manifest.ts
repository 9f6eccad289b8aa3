/** `model.json` of a model folder, as far as a browser needs it; figment/engine/models.py describes it in full. */

export type Input = 'latents' | 'time' | 'until' | 'guidance' | 'text' | 'text_mask' | 'mask' | 'known';

export interface Manifest {
  latent: { channels: number; downscale: number };
  text: { tokens: number };
  denoiser: { inputs: Input[] };
  files: Record<string, { path: string }>;
}

/** What a denoiser reads if its manifest does not say. */
const NEEDED_INPUTS: Input[] = ['latents', 'time', 'text', 'text_mask'];

export async function readManifest(folder: string): Promise<Manifest> {
  const stated = (await (await fetched(`${folder}/model.json`)).json()) as Manifest;
  return { ...{ denoiser: { inputs: NEEDED_INPUTS } }, ...stated };
}

export async function readNetwork(folder: string, manifest: Manifest, role: string): Promise<Uint8Array> {
  const file = manifest.files[role];
  if (file === undefined) throw new Error(`${folder}: there is no file for the model's ${role}`);
  return new Uint8Array(await (await fetched(`${folder}/${file.path}`)).arrayBuffer());
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response;
}
