import OlMap from 'ol/Map';
import OlView from 'ol/View';
import Kinetic from 'ol/Kinetic';
import { easeOut, inAndOut, linear } from 'ol/easing';
import DoubleClickZoom from 'ol/interaction/DoubleClickZoom';
import DragPan from 'ol/interaction/DragPan';
import KeyboardPan from 'ol/interaction/KeyboardPan';
import KeyboardZoom from 'ol/interaction/KeyboardZoom';
import MouseWheelZoom from 'ol/interaction/MouseWheelZoom';
import PinchZoom from 'ol/interaction/PinchZoom';
import TileLayer from 'ol/layer/Tile';
import type { Gesture } from '../tools/Gesture';
import type { Camera, Point, View } from '../types';
import { zoomOf } from '../rules';
import { gestureInteraction } from './hold';
import { gridLayer, inksOf, paperLayer } from './paper';
import { FARTHEST, fromOl, NEAREST, PLANE, toOl } from './plane';
import type { WorldTiles } from './WorldTiles';

const FLY_MS = 700;
const STEP_MS = 220;
/** Until somebody who is followed is heard of again. */
const GLIDE_MS = 140;

interface Options {
  target: HTMLElement;
  tiles: WorldTiles;
  view: View;
  gesture: Gesture;
  /** Called with every picture of the map that is drawn. */
  onDraw: (camera: Camera) => void;
  /** The view has come to rest. */
  onRest: (view: View) => void;
}

const olView = ({ zoom, ...middle }: View) =>
  new OlView({
    projection: PLANE,
    center: toOl(middle),
    resolution: 2 ** -zoom,
    minResolution: NEAREST,
    maxResolution: FARTHEST,
    enableRotation: false,
  });

const interactionsOf = (gesture: Gesture) => [
  new DoubleClickZoom({ duration: STEP_MS }),
  new DragPan({ kinetic: new Kinetic(-0.005, 0.05, 100) }),
  new PinchZoom(),
  new MouseWheelZoom({ duration: STEP_MS }),
  new KeyboardPan({ duration: 120 }),
  new KeyboardZoom({ duration: STEP_MS }),
  // The last one hears first.
  gestureInteraction(gesture),
];

/** The map on the screen: everything that is OpenLayers' stays behind this. */
export class WorldMap {
  private readonly map: OlMap;
  private inks;
  private readonly schemes: MutationObserver;

  constructor({ target, tiles, view, gesture, onDraw, onRest }: Options) {
    this.inks = inksOf(target);
    this.map = new OlMap({
      target,
      controls: [],
      interactions: interactionsOf(gesture),
      view: olView(view),
      layers: [
        paperLayer(() => this.inks),
        new TileLayer({ source: tiles, preload: 2, cacheSize: 256, background: 'transparent' }),
        gridLayer(() => this.inks),
      ],
      // A frame of a gesture is not lost to tiles that arrive.
      maxTilesLoading: 12,
    });
    this.map.on('postrender', ({ frameState }) => {
      if (frameState == null) return;
      const { center, resolution } = frameState.viewState;
      const [width = 0, height = 0] = frameState.size;
      onDraw({ ...fromOl(center), resolution, width, height });
    });
    this.map.on('moveend', () => onRest(this.view));
    this.schemes = new MutationObserver(() => {
      this.inks = inksOf(target);
      this.map.render();
    });
    this.schemes.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
  }

  get view(): View {
    const view = this.map.getView();
    return { ...fromOl(view.getCenter() ?? [0, 0]), zoom: zoomOf(view.getResolution() ?? 1) };
  }

  /** Where on the map a place of the page lies. */
  placeAt(event: { clientX: number; clientY: number }): Point {
    const pixel = this.map.getEventPixel(event);
    return fromOl(this.map.getCoordinateFromPixel(pixel));
  }

  jumpTo({ zoom, ...middle }: View): void {
    const view = this.map.getView();
    view.cancelAnimations();
    view.setResolution(2 ** -zoom);
    view.setCenter(toOl(middle));
  }

  flyTo({ zoom, ...middle }: View): void {
    const view = this.map.getView();
    const duration = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : FLY_MS;
    view.cancelAnimations();
    view.animate({ center: toOl(middle), resolution: 2 ** -zoom, duration, easing: inAndOut });
  }

  /** A short way, in a straight line: called again and again, as somebody else moves. */
  glideTo({ zoom, ...middle }: View): void {
    const view = this.map.getView();
    const duration = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : GLIDE_MS;
    view.cancelAnimations();
    view.animate({ center: toOl(middle), resolution: 2 ** -zoom, duration, easing: linear });
  }

  zoomBy(steps: number): void {
    const view = this.map.getView();
    if (view.getAnimating()) view.cancelAnimations();
    const resolution = view.getConstrainedResolution((view.getResolution() ?? 1) / 2 ** steps) ?? 1;
    view.animate({ resolution, duration: STEP_MS, easing: easeOut });
  }

  destroy(): void {
    this.schemes.disconnect();
    this.map.setTarget(undefined);
    this.map.dispose();
  }
}
