import { Idle } from './Idle';
import { Picking } from './Picking';
import { Tool, type Touch } from './tool';

/** The server is being asked to paint what the frame holds: the frame stays where it was sent from, the map can still be looked at. */
export class AwaitingImage extends Tool {
  override press(touch: Touch): Tool {
    return new Picking(this.hands, touch, false);
  }

  override hover(): void {
    this.hands.setCursor('grab');
  }

  override settle(): Tool {
    return new Idle(this.hands);
  }
}
