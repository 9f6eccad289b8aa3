/** The worker's side: one model, one order at a time. */

import { openModel, type OpenModel } from './model';
import type { Answer, Order } from './protocol';

let model: OpenModel | undefined;

const answer = (said: Answer, ...moved: Transferable[]): void => {
  postMessage(said, { transfer: moved });
};

async function obey(order: Order): Promise<void> {
  if (order.kind === 'open') {
    model = await openModel(order.folder, order.device);
    answer({ kind: 'opened' });
    return;
  }
  if (model === undefined) throw new Error('no model is open');
  const picture = await model.make(order.request, (step, of) => {
    answer({ kind: 'step', step, of });
  });
  answer({ kind: 'made', picture }, picture.pixels.buffer);
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  obey(data).catch((error: unknown) => {
    answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});
