import { useEffect, useRef, type RefObject } from 'react';
import type { WorldMap } from '../map/WorldMap';
import { placeWords, scaleWords } from '../rules';
import { useAtlas } from '../store';
import classes from './AtlasPage.module.css';

interface Props {
  target: RefObject<HTMLElement | null>;
  map: WorldMap | undefined;
}

/** Where the pointer is; without one, where the middle is. Written past React: it changes with every movement. */
export function Coordinates({ target, map }: Props) {
  const words = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const element = target.current;
    if (element === null || map === undefined) return;
    let over: PointerEvent | null = null;
    const write = () => {
      const { camera } = useAtlas.getState();
      if (camera === null || words.current === null) return;
      words.current.textContent = `${placeWords(over === null ? camera : map.placeAt(over))} · ${scaleWords(camera.resolution)}`;
    };
    const move = (event: PointerEvent) => {
      over = event.pointerType === 'mouse' ? event : null;
      write();
    };
    const leave = () => {
      over = null;
      write();
    };
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerleave', leave);
    const stop = useAtlas.subscribe(write);
    write();
    return () => {
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerleave', leave);
      stop();
    };
  }, [target, map]);
  return <span ref={words} className={classes.coordinates} />;
}
