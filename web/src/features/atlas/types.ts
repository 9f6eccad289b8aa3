import type { paths } from '@/shared/api/client';

type Models = paths['/api/models']['get'];

export type ModelCard = Models['responses'][200]['content']['application/json']['items'][number];

/** A place on the map, in map pixels: x grows to the right, y grows down, both of any sign. */
export interface Point {
  x: number;
  y: number;
}

export interface Rect extends Point {
  width: number;
  height: number;
}

/** What one looks at: the middle of the screen, and the zoom; at 0 a map pixel is a pixel of the page, each step less halves it. */
export interface View extends Point {
  zoom: number;
}

/** The view as it is drawn now: its middle, map pixels per pixel of the page, and the page's size. */
export interface Camera extends Point {
  resolution: number;
  width: number;
  height: number;
}

type InWorlds = paths['/api/atlas/worlds'];
type InWorld = paths['/api/atlas/worlds/{world}'];
type OfEdits = paths['/api/atlas/worlds/{world}/edits'];

export type World = InWorld['get']['responses'][200]['content']['application/json'];
export type WorldChange = InWorld['patch']['requestBody']['content']['application/json'];
export type Rollback =
  paths['/api/atlas/worlds/{world}/rollbacks']['post']['responses'][202]['content']['application/json'];
export type WhoPaints = World['paint'];
export type NewWorld = InWorlds['post']['requestBody']['content']['application/json'];
export type Edit = OfEdits['post']['responses'][202]['content']['application/json'];
export type EditProgress = NonNullable<Edit['progress']>;
export type Candidate = Edit['candidates'][number];
export type NewEdit = OfEdits['post']['requestBody']['content']['application/json'];
export type Manifest =
  paths['/api/atlas/worlds/{world}/manifest']['get']['responses'][200]['content']['application/json'];

/** A tile of the pyramid: at zoom 0 it is 512 map pixels wide, at -1 twice that. */
export interface TileName {
  z: number;
  x: number;
  y: number;
}

/** The tile's version; null where nothing is painted. */
export interface TileChange extends TileName {
  v: string | null;
}
