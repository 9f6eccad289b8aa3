import type MapBrowserEvent from 'ol/MapBrowserEvent';
import Interaction from 'ol/interaction/Interaction';
import type { Gesture } from '../tools/Gesture';
import type { Touch } from '../tools/tool';
import { fromOl } from './plane';

const COARSE = new Set(['touch', 'pen']);

function touchOf(event: MapBrowserEvent<PointerEvent>): Touch {
  const [x = 0, y = 0] = event.pixel;
  return { at: fromOl(event.coordinate), screen: { x, y }, isCoarse: COARSE.has(event.originalEvent.pointerType) };
}

/** Whether the map may do with the event what it likes. */
function tell(gesture: Gesture, event: MapBrowserEvent<PointerEvent>): boolean {
  const { originalEvent, activePointers = [] } = event;
  // The second finger makes it a pinch, which is the map's.
  if (activePointers.length > 1 || originalEvent.type === 'pointercancel') {
    gesture.cancel();
    return true;
  }
  const held = gesture.holdsMap;
  if (event.type === 'pointerdown' && originalEvent.button === 0) gesture.press(touchOf(event));
  else if (event.type === 'pointerdrag') gesture.drag(touchOf(event));
  else if (event.type === 'pointerup') gesture.release(touchOf(event));
  else if (event.type === 'pointermove') gesture.hover(touchOf(event));
  return !held && !gesture.holdsMap;
}

/** Hands the map's pointer events to the states in `tools/`. */
export const gestureInteraction = (gesture: Gesture): Interaction =>
  new Interaction({
    handleEvent: (event) =>
      event.originalEvent instanceof PointerEvent ? tell(gesture, event as MapBrowserEvent<PointerEvent>) : true,
  });
