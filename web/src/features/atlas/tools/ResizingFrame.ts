import { CURSORS, hasMoved, resizeFrame, type Grip } from '../frame';
import type { Rect } from '../types';
import { atRest } from './atRest';
import { Tool, type Hands, type Touch } from './tool';

/** A side or a corner follows the hand, in the steps that the model can make; one that was only clicked asks what made the place. */
export class ResizingFrame extends Tool {
  private readonly before: Rect | null;
  private isDragged = false;

  constructor(
    hands: Hands,
    private readonly from: Touch,
    private readonly grip: Grip,
  ) {
    super(hands);
    this.before = hands.frame();
    hands.setCursor(CURSORS[grip]);
  }

  override get holdsMap(): boolean {
    return true;
  }

  override drag({ at, screen, isCoarse }: Touch): Tool {
    this.isDragged ||= hasMoved(this.from.screen, screen, isCoarse);
    if (!this.isDragged) return this;
    const [dx, dy] = [at.x - this.from.at.x, at.y - this.from.at.y];
    if (this.before !== null) this.hands.setFrame(resizeFrame(this.before, this.grip, dx, dy, this.hands.bounds()));
    return this;
  }

  override release({ at }: Touch): Tool {
    if (!this.isDragged) this.hands.pick(at);
    return atRest(this.hands);
  }

  override cancel(): Tool {
    if (this.before !== null) this.hands.setFrame(this.before);
    return atRest(this.hands);
  }
}
