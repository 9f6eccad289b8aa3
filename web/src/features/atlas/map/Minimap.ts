import OlMap from 'ol/Map';
import OlView from 'ol/View';
import TileLayer from 'ol/layer/Tile';
import type { Camera, Point } from '../types';
import { inksOf, paperLayer } from './paper';
import { FARTHEST, fromOl, PLANE, toOl } from './plane';
import type { WorldTiles } from './WorldTiles';

/** The land around what is in view, which is a box of this width in the middle of it. */
export const BOX_PX = 56;

export class Minimap {
  private readonly map: OlMap;

  constructor(target: HTMLElement, tiles: WorldTiles) {
    this.map = new OlMap({
      target,
      controls: [],
      interactions: [],
      view: new OlView({
        projection: PLANE,
        center: [0, 0],
        resolution: 1,
        minResolution: 0.01,
        maxResolution: FARTHEST * 64,
      }),
      layers: [paperLayer(() => inksOf(target)), new TileLayer({ source: tiles, cacheSize: 64 })],
    });
  }

  follow(camera: Camera): void {
    const view = this.map.getView();
    view.setCenter(toOl(camera));
    view.setResolution((camera.resolution * camera.width) / BOX_PX);
  }

  placeAt(event: { clientX: number; clientY: number }): Point {
    return fromOl(this.map.getCoordinateFromPixel(this.map.getEventPixel(event)));
  }

  destroy(): void {
    this.map.setTarget(undefined);
    this.map.dispose();
  }
}
