import Projection from 'ol/proj/Projection';
import TileGrid from 'ol/tilegrid/TileGrid';
import { MAX_ZOOM, MIN_ZOOM } from '../rules';
import type { Point } from '../types';

/** The map's plane in OpenLayers' words. There y grows up, on our map down: it is turned here, and nowhere else. */

const FAR = 2 ** 40;

export const PLANE = new Projection({ code: 'figment-atlas', units: 'pixels', extent: [-FAR, -FAR, FAR, FAR] });

export const TILE_PX = 512;

/** Its levels count from the farthest: level 0 is zoom -12. */
export const TILE_GRID = new TileGrid({
  origin: [0, 0],
  tileSize: TILE_PX,
  resolutions: Array.from({ length: 1 - MIN_ZOOM }, (_, level) => 2 ** -(level + MIN_ZOOM)),
});

export const zoomOfLevel = (level: number): number => level + MIN_ZOOM;

export const FARTHEST = 2 ** -MIN_ZOOM;
export const NEAREST = 2 ** -MAX_ZOOM;

export const toOl = ({ x, y }: Point): [number, number] => [x, -y];
export const fromOl = ([x = 0, y = 0]: readonly number[]): Point => ({ x, y: -y + 0 });
