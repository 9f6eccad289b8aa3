import { useEffect, useRef } from 'react';
import { BOX_PX, Minimap } from '../map/Minimap';
import type { WorldMap } from '../map/WorldMap';
import type { WorldTiles } from '../map/WorldTiles';
import { useAtlas } from '../store';
import classes from './AtlasPage.module.css';

/** The land around. A click goes there; with the keyboard one zooms out instead, so it is not in the way there. */
export function MinimapView({ map, tiles }: { map: WorldMap; tiles: WorldTiles }) {
  const target = useRef<HTMLDivElement>(null);
  const minimap = useRef<Minimap>(null);
  const shape = useAtlas(({ camera }) => (camera === null ? 1 : camera.height / camera.width));

  useEffect(() => {
    if (target.current === null) return;
    const made = new Minimap(target.current, tiles);
    minimap.current = made;
    const { camera } = useAtlas.getState();
    if (camera !== null) made.follow(camera);
    const stop = useAtlas.subscribe(({ camera: now }, before) => {
      if (now !== null && now !== before.camera) made.follow(now);
    });
    return () => {
      stop();
      made.destroy();
    };
  }, [tiles]);

  return (
    <div
      className={classes.minimap}
      aria-hidden="true"
      onClick={(event) => {
        const at = minimap.current?.placeAt(event.nativeEvent);
        if (at !== undefined) map.flyTo({ ...at, zoom: map.view.zoom });
      }}
    >
      <div ref={target} className={classes.minimapMap} />
      <span className={classes.minimapBox} style={{ width: BOX_PX, height: BOX_PX * shape }} />
    </div>
  );
}
