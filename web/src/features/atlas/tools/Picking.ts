import { hasMoved } from '../frame';
import { atRest } from './atRest';
import { MovingFrame } from './MovingFrame';
import { Panning } from './Panning';
import { Tool, type Hands, type Touch } from './tool';

/** Pressed, and not moved yet: released here it asks what made this place; moved, it drags the frame or the map. */
export class Picking extends Tool {
  constructor(
    hands: Hands,
    private readonly from: Touch,
    private readonly isInFrame: boolean,
  ) {
    super(hands);
  }

  override get holdsMap(): boolean {
    return this.isInFrame;
  }

  override drag(touch: Touch): Tool {
    if (!hasMoved(this.from.screen, touch.screen, touch.isCoarse)) return this;
    return this.isInFrame ? new MovingFrame(this.hands, this.from).drag(touch) : new Panning(this.hands);
  }

  override release({ at }: Touch): Tool {
    this.hands.pick(at);
    return atRest(this.hands);
  }

  override cancel(): Tool {
    return atRest(this.hands);
  }
}
