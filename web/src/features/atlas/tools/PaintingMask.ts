import { leadOn, type Stroke } from '../mask';
import { atRest } from './atRest';
import { Tool, type Hands, type Touch } from './tool';

/** The brush marks what is to be made anew. */
export class PaintingMask extends Tool {
  private readonly before: readonly Stroke[];
  private stroke: Stroke;

  constructor(hands: Hands, { at }: Touch, radius: number) {
    super(hands);
    this.before = hands.strokes();
    this.stroke = { radius, points: [at] };
    hands.setStrokes([...this.before, this.stroke]);
  }

  override get holdsMap(): boolean {
    return true;
  }

  override drag({ at }: Touch): Tool {
    this.stroke = leadOn(this.stroke, at);
    this.hands.setStrokes([...this.before, this.stroke]);
    return this;
  }

  override release(): Tool {
    return atRest(this.hands);
  }

  override cancel(): Tool {
    this.hands.setStrokes(this.before);
    return atRest(this.hands);
  }
}
