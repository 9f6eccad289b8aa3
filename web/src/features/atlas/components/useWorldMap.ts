import { useEffect, useEffectEvent, type RefObject } from 'react';
import { askManifest } from '../api';
import { nearTiles, type SizeBounds } from '../frame';
import { WorldMap } from '../map/WorldMap';
import { WorldTiles } from '../map/WorldTiles';
import { useAtlas } from '../store';
import { Gesture } from '../tools/Gesture';
import type { Hands } from '../tools/tool';
import type { Point, View } from '../types';
import { TileVersions } from '../versions';

/** A second click within that time is a double click, which asks for nothing. */
const SECOND_CLICK_MS = 260;
/** The server forgets after a minute who looked at land that is not painted yet. */
const STILL_LOOKING_MS = 20_000;

interface Options {
  world: string;
  target: RefObject<HTMLElement | null>;
  start: (width: number, height: number) => View;
  bounds: SizeBounds;
  onRest: (view: View) => void;
}

function handsOf(target: HTMLElement, bounds: () => SizeBounds): Hands {
  let asked: ReturnType<typeof setTimeout> | undefined;
  return {
    frame: () => useAtlas.getState().frame,
    bounds,
    resolution: () => useAtlas.getState().camera?.resolution ?? 1,
    isAwaiting: () => useAtlas.getState().isAwaiting,
    brush: () => {
      const { brushPx, camera } = useAtlas.getState();
      return brushPx === null ? null : (brushPx / 2) * (camera?.resolution ?? 1);
    },
    strokes: () => useAtlas.getState().strokes,
    setFrame: (frame) => useAtlas.setState({ frame }),
    setStrokes: (strokes) => useAtlas.setState({ strokes }),
    pick: (at: Point) => {
      clearTimeout(asked);
      const isSecond = asked !== undefined;
      asked = undefined;
      if (isSecond) return;
      asked = setTimeout(() => {
        asked = undefined;
        useAtlas.setState({ picked: at });
      }, SECOND_CLICK_MS);
    },
    setCursor: (cursor) => (target.style.cursor = cursor),
  };
}

/** Opens the map of a world in that element for as long as the component is shown. */
export function useWorldMap({ world, target, start, bounds, onRest }: Options): void {
  const boundsNow = useEffectEvent(() => bounds);
  const startNow = useEffectEvent(start);
  const rested = useEffectEvent(onRest);

  useEffect(() => {
    const element = target.current;
    if (element === null) return;
    const gesture = new Gesture(handsOf(element, () => boundsNow()));
    const tiles = new WorldTiles(world, new TileVersions(askManifest(world)));
    const map = new WorldMap({
      target: element,
      tiles,
      view: startNow(element.clientWidth, element.clientHeight),
      gesture,
      onDraw: (camera) => useAtlas.setState({ camera }),
      onRest: (view) => rested(view),
    });
    const stop = useAtlas.subscribe(({ isAwaiting }, before) => {
      if (isAwaiting === before.isAwaiting) return;
      if (isAwaiting) gesture.await();
      else gesture.settle();
    });
    const looking = setInterval(() => {
      const { camera } = useAtlas.getState();
      if (camera !== null && document.visibilityState === 'visible') tiles.lookAgain(nearTiles(camera));
    }, STILL_LOOKING_MS);
    const letGo = ({ key }: KeyboardEvent) => key === 'Escape' && gesture.cancel();
    window.addEventListener('keydown', letGo);
    useAtlas.setState({ opened: { map, tiles } });
    return () => {
      window.removeEventListener('keydown', letGo);
      clearInterval(looking);
      stop();
      map.destroy();
      tiles.dispose();
      useAtlas.setState({ opened: null, camera: null, frame: null, picked: null, pointed: null, strokes: [] });
    };
  }, [world, target]);
}
