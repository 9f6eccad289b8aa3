/** Pictures made by this browser: a model folder in a worker of its own. The door of this room. */

import type { Answer, Device, Order, Picture, PictureRequest } from './protocol';

export type { Device, Picture, PictureRequest, TextStates } from './protocol';

export class BrowserModel {
  private constructor(private readonly worker: Worker) {}

  /** Fetch `model.json` and the networks from `folder`, without a slash at its end. Closes itself when that fails. */
  static async open(folder: string, device: Device): Promise<BrowserModel> {
    const model = new BrowserModel(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
    try {
      // Beside the page, which is not beside the worker's own file.
      await model.ask({ kind: 'open', folder: new URL(folder, document.baseURI).href, device }, 'opened');
    } catch (error) {
      model.close();
      throw error;
    }
    return model;
  }

  /** One picture; wait for it before asking for the next. */
  async make(request: PictureRequest, onStep?: (step: number, of: number) => void): Promise<Picture> {
    return (await this.ask({ kind: 'make', request }, 'made', onStep)).picture;
  }

  close(): void {
    this.worker.terminate();
  }

  private ask<K extends Answer['kind']>(
    order: Order,
    awaited: K,
    onStep?: (step: number, of: number) => void,
  ): Promise<Extract<Answer, { kind: K }>> {
    return new Promise((resolve, reject) => {
      this.worker.onerror = (event) => {
        reject(new Error(event.message));
      };
      this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.kind === 'step') onStep?.(data.step, data.of);
        else if (data.kind === 'failed') reject(new Error(data.message));
        else if (data.kind === awaited) resolve(data as Extract<Answer, { kind: K }>);
      };
      this.worker.postMessage(order);
    });
  }
}
