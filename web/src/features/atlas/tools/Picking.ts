import { atRest } from './atRest';
import { MovingFrame } from './MovingFrame';
import { Panning } from './Panning';
import { Tool, type Hands, type Touch } from './tool';

/** A finger trembles by as much without meaning it. */
const SLOP_PX = { coarse: 10, fine: 4 };

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
    const way = Math.hypot(touch.screen.x - this.from.screen.x, touch.screen.y - this.from.screen.y);
    if (way <= (touch.isCoarse ? SLOP_PX.coarse : SLOP_PX.fine)) return this;
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
