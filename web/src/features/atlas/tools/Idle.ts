import { CURSORS, hitFrame, type Hit } from '../frame';
import { PaintingMask } from './PaintingMask';
import { Picking } from './Picking';
import { ResizingFrame } from './ResizingFrame';
import { Tool, type Touch } from './tool';

/** Half of the 44 pixels that a finger needs; a mouse is finer. */
const REACH_PX = { coarse: 22, fine: 10 };

/** Nothing is held: a press takes hold of a side, of the frame, or of the map, or puts the brush on the frame. */
export class Idle extends Tool {
  override press(touch: Touch): Tool {
    const hit = this.hit(touch);
    const brush = this.hands.brush();
    if (hit === 'inside' && brush !== null) return new PaintingMask(this.hands, touch, brush);
    if (hit === null || hit === 'inside') return new Picking(this.hands, touch, hit === 'inside');
    return new ResizingFrame(this.hands, touch, hit);
  }

  override hover(touch: Touch): void {
    const hit = this.hit(touch);
    const isBrush = hit === 'inside' && this.hands.brush() !== null;
    this.hands.setCursor(hit === null ? 'grab' : isBrush ? 'crosshair' : CURSORS[hit]);
  }

  private hit({ at, isCoarse }: Touch): Hit {
    const frame = this.hands.frame();
    if (frame === null) return null;
    return hitFrame(frame, at, (isCoarse ? REACH_PX.coarse : REACH_PX.fine) * this.hands.resolution());
  }
}
