import type { paths } from '@/shared/api/client';

type Models = paths['/api/models']['get'];

export type ModelCard = Models['responses'][200]['content']['application/json']['items'][number];
type Image = paths['/api/images/{image}']['get']['responses'][200]['content']['application/json'];

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

export type WhoPaints = 'everyone' | 'owner';

export interface World {
  slug: string;
  name: string;
  author: string | null;
  /** The style: words that join every prompt. */
  prompt: string;
  model: string | null;
  paint: WhoPaints;
  may_paint: boolean;
  mine: boolean;
  tile_size: number;
  min_zoom: number;
  /** What is painted: x0, y0, x1, y1 in map pixels. */
  bounds: number[] | null;
  edits: number;
  created_at: string;
}

export interface NewWorld {
  name: string;
  prompt?: string;
  paint?: WhoPaints;
}

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

export interface Manifest {
  z: number;
  position: number;
  tiles: { x: number; y: number; v: string }[];
}

type EditState = 'queued' | 'running' | 'committed' | 'undone' | 'failed' | 'cancelled';

export interface Edit extends Rect {
  id: string;
  prompt: string;
  author: string;
  mine: boolean;
  state: EditState;
  seq: number | null;
  /** The id of my job; null in what others made. */
  job: string | null;
  progress: { step: number; of: number; preview: string | null } | null;
  error: { code: string; detail: string; retryable: boolean } | null;
  image: Image | null;
  created_at: string;
  committed_at: string | null;
}

export interface NewEdit extends Rect {
  prompt: string;
  mask?: string;
}

interface EditPage {
  items: Edit[];
  next_cursor: string | null;
}

/** The atlas in the words of the generated client. */
interface Answer<Status extends number, T> {
  responses: Record<Status, { content: { 'application/json': T } }>;
}
interface InWorld {
  parameters: { path: { world: string } };
}
interface OfEdit {
  parameters: { path: { world: string; edit: string } };
}
interface Body<T> {
  requestBody: { content: { 'application/json': T } };
}

export interface AtlasPaths {
  '/api/atlas/worlds': { get: Answer<200, { items: World[] }>; post: Answer<201, World> & Body<NewWorld> };
  '/api/atlas/worlds/{world}': { get: Answer<200, World> & InWorld };
  '/api/atlas/worlds/{world}/manifest': {
    get: Answer<200, Manifest> & {
      parameters: {
        path: { world: string };
        query: { z: number; x0: number; y0: number; x1: number; y1: number };
      };
    };
  };
  '/api/atlas/worlds/{world}/edits': {
    get: Answer<200, EditPage> & {
      parameters: {
        path: { world: string };
        query?: { bbox?: string; pending?: boolean; before?: string; limit?: number };
      };
    };
    post: Answer<202, Edit> & Body<NewEdit> & InWorld;
  };
  '/api/atlas/worlds/{world}/edits/{edit}/undo': { post: Answer<200, Edit> & OfEdit };
  '/api/atlas/worlds/{world}/edits/{edit}/redo': { post: Answer<200, Edit> & OfEdit };
  '/api/atlas/worlds/{world}/at': {
    get: Answer<200, { edit: Edit | null }> & {
      parameters: { path: { world: string }; query: { x: number; y: number } };
    };
  };
}
