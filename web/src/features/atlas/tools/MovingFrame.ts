import { moveFrame } from '../frame';
import type { Rect } from '../types';
import { atRest } from './atRest';
import { Tool, type Hands, type Touch } from './tool';

/** The frame follows the hand. */
export class MovingFrame extends Tool {
  private readonly before: Rect | null;

  constructor(
    hands: Hands,
    private readonly from: Touch,
  ) {
    super(hands);
    this.before = hands.frame();
  }

  override get holdsMap(): boolean {
    return true;
  }

  override drag({ at }: Touch): Tool {
    if (this.before !== null) this.hands.setFrame(moveFrame(this.before, at.x - this.from.at.x, at.y - this.from.at.y));
    return this;
  }

  override release(): Tool {
    return atRest(this.hands);
  }

  override cancel(): Tool {
    if (this.before !== null) this.hands.setFrame(this.before);
    return atRest(this.hands);
  }
}
