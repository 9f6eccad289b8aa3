import { CURSORS, hitFrame, type Hit } from '../frame';
import { Picking } from './Picking';
import { ResizingFrame } from './ResizingFrame';
import { Tool, type Touch } from './tool';

/** Half of the 44 pixels that a finger needs; a mouse is finer. */
const REACH_PX = { coarse: 22, fine: 10 };

/** Nothing is held: a press takes hold of a side, of the frame, or of the map. */
export class Idle extends Tool {
  override press(touch: Touch): Tool {
    const hit = this.hit(touch);
    if (hit === null || hit === 'inside') return new Picking(this.hands, touch, hit === 'inside');
    return new ResizingFrame(this.hands, touch, hit);
  }

  override hover(touch: Touch): void {
    const hit = this.hit(touch);
    this.hands.setCursor(hit === null ? 'grab' : CURSORS[hit]);
  }

  private hit({ at, isCoarse }: Touch): Hit {
    const frame = this.hands.frame();
    if (frame === null) return null;
    return hitFrame(frame, at, (isCoarse ? REACH_PX.coarse : REACH_PX.fine) * this.hands.resolution());
  }
}
