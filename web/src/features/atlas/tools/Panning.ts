import { atRest } from './atRest';
import { Tool, type Hands } from './tool';

/** The map follows the hand; the map itself sees to that. What is left is that no place is picked where it is let go. */
export class Panning extends Tool {
  constructor(hands: Hands) {
    super(hands);
    hands.setCursor('grabbing');
  }

  override release(): Tool {
    return this.cancel();
  }

  override cancel(): Tool {
    this.hands.setCursor('grab');
    return atRest(this.hands);
  }
}
