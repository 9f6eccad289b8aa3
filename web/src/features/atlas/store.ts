import { create } from 'zustand';
import type { Stroke } from './mask';
import { hear, hearAnswer, type Heard } from './rules';
import type { WorldMap } from './map/WorldMap';
import type { WorldTiles } from './map/WorldTiles';
import type { Camera, Edit, Point, Rect } from './types';

interface Atlas {
  /** The map on the screen. */
  opened: { map: WorldMap; tiles: WorldTiles } | null;
  /** What is drawn now; null before the first drawing. */
  camera: Camera | null;
  frame: Rect | null;
  prompt: string;
  /** The brush marks inside the frame what is to be made anew; its width on the screen, or null while it is put away. */
  brushPx: number | null;
  strokes: readonly Stroke[];
  /** How many pictures are made to choose from. */
  candidates: number;
  /** A place that was clicked. */
  picked: Point | null;
  isHistoryOpen: boolean;
  /** The edit whose rectangle is shown. */
  pointed: Edit | null;
  /** What the world's events and our own questions told of edits, newer than any list that was read. */
  heard: Heard;
  /** My failed edits that I have seen enough of. */
  dismissed: ReadonlySet<string>;
  /** The server was asked to paint, and has not answered. */
  isAwaiting: boolean;
  hear: (edit: Edit) => void;
  hearAnswer: (edit: Edit) => void;
  dismiss: (id: string) => void;
  /** Another world, or events may have been missed. */
  forgetHeard: () => void;
}

/** What is looked at, held and written on the page of a world. Worlds, tiles and edits live in their caches. */
export const useAtlas = create<Atlas>()((set) => ({
  opened: null,
  camera: null,
  frame: null,
  prompt: '',
  brushPx: null,
  strokes: [],
  candidates: 1,
  picked: null,
  isHistoryOpen: false,
  pointed: null,
  heard: new Map(),
  dismissed: new Set(),
  isAwaiting: false,
  hear: (edit) => set(({ heard }) => ({ heard: hear(heard, edit) })),
  hearAnswer: (edit) => set(({ heard }) => ({ heard: hearAnswer(heard, edit) })),
  dismiss: (id) => set(({ dismissed }) => ({ dismissed: new Set([...dismissed, id]) })),
  forgetHeard: () => set({ heard: new Map() }),
}));
