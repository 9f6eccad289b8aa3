import { ActionIcon, Tooltip } from '@mantine/core';
import { IconHome, IconMinus, IconPlus } from '@/shared/ui/icons';
import { MAX_ZOOM, MIN_ZOOM, zoomOf } from '../rules';
import { useAtlas } from '../store';
import type { WorldMap } from '../map/WorldMap';
import classes from './AtlasPage.module.css';

const NEARLY = 0.01;

export function ZoomButtons({ map, onHome }: { map: WorldMap; onHome: () => void }) {
  const zoom = useAtlas(({ camera }) => (camera === null ? 0 : zoomOf(camera.resolution)));
  return (
    <div className={classes.zoom} role="group" aria-label="Zoom">
      <ActionIcon aria-label="Zoom in" disabled={zoom > MAX_ZOOM - NEARLY} onClick={() => map.zoomBy(1)}>
        <IconPlus />
      </ActionIcon>
      <ActionIcon aria-label="Zoom out" disabled={zoom < MIN_ZOOM + NEARLY} onClick={() => map.zoomBy(-1)}>
        <IconMinus />
      </ActionIcon>
      <Tooltip label="All that is painted" position="left">
        <ActionIcon aria-label="Go home" onClick={onHome}>
          <IconHome />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
