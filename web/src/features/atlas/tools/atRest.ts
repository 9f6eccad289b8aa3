import { AwaitingImage } from './AwaitingImage';
import { Idle } from './Idle';
import type { Hands, Tool } from './tool';

/** Where a gesture ends. */
export const atRest = (hands: Hands): Tool => (hands.isAwaiting() ? new AwaitingImage(hands) : new Idle(hands));
