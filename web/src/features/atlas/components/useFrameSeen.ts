import { frameAround, intersects, inView, openSpot, type SizeBounds } from '../frame';
import { useAtlas } from '../store';

/** Whether the frame can be seen: who paints should see what. */
export const useIsFrameSeen = () =>
  useAtlas(({ frame, camera }) => frame === null || camera === null || intersects(frame, inView(camera)));

export function bringFrame(bounds: SizeBounds): void {
  const { camera, frame } = useAtlas.getState();
  if (camera === null || frame === null) return;
  useAtlas.setState({ frame: frameAround(openSpot(camera), frame.width, frame.height, bounds) });
}
