import { useEffect, type RefObject } from 'react';
import { inView } from '../frame';
import { useAtlas } from '../store';
import type { WorldMap } from '../map/WorldMap';
import { isSomewhere, lookOf, viewLike } from './crowd';
import { PresenceLine } from './PresenceLine';
import { usePeople } from './store';

const addressOf = (world: string) =>
  `${window.location.origin.replace(/^http/, 'ws')}/api/atlas/worlds/${world}/presence`;

/** Says where I look and point, and hears where others do, for as long as the page of a world is shown. */
export function usePresence(world: string, target: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = target.current;
    if (element === null) return;
    let pointer: { clientX: number; clientY: number } | null = null;
    const line = new PresenceLine({
      address: addressOf(world),
      look: () => {
        const { camera, opened } = useAtlas.getState();
        if (camera === null || opened === null) return null;
        return lookOf(inView(camera), pointer && opened.map.placeAt(pointer));
      },
      hear: (told) => usePeople.getState().hear(told),
      lost: () => usePeople.getState().forget(),
    });
    const point = (event: PointerEvent) => {
      // A finger that pans points at nothing.
      pointer = event.pointerType === 'touch' ? null : { clientX: event.clientX, clientY: event.clientY };
      line.say();
    };
    const leave = () => {
      pointer = null;
      line.say();
    };
    element.addEventListener('pointermove', point);
    element.addEventListener('pointerleave', leave);
    const stop = useAtlas.subscribe(({ camera }, before) => {
      if (camera !== before.camera) line.say();
    });
    line.open();
    return () => {
      stop();
      element.removeEventListener('pointermove', point);
      element.removeEventListener('pointerleave', leave);
      line.close();
      usePeople.setState({ following: null });
    };
  }, [world, target]);
}

/** Where somebody looks is looked at here as well, until the map is taken into one's own hand. */
export function useFollowing(target: RefObject<HTMLElement | null>, map: WorldMap | undefined): void {
  useEffect(() => {
    const element = target.current;
    if (element === null || map === undefined) return;
    const follow = () => {
      const { following, crowd, people } = usePeople.getState();
      const { camera } = useAtlas.getState();
      if (following === null || camera === null) return;
      const person = [...crowd.values()].find(({ who }) => who === following);
      if (person !== undefined && isSomewhere(person)) map.glideTo(viewLike(person, camera));
      // While the line is lost nobody is known to be here; they may be back in a moment.
      if (person === undefined && people > 0) letGo();
    };
    const letGo = () => {
      if (usePeople.getState().following !== null) usePeople.setState({ following: null });
    };
    const stop = usePeople.subscribe(({ crowd, following }, before) => {
      if (crowd !== before.crowd || following !== before.following) follow();
    });
    const gestures = ['pointerdown', 'wheel', 'keydown'] as const;
    for (const gesture of gestures) element.addEventListener(gesture, letGo, { passive: true });
    return () => {
      stop();
      for (const gesture of gestures) element.removeEventListener(gesture, letGo);
    };
  }, [target, map]);
}
