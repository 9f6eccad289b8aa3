import { create } from 'zustand';
import type { Stroke } from './mask';
import { hear, hearAnswer, hearProgress, isPending, type Heard } from './rules';
import type { WorldMap } from './map/WorldMap';
import type { WorldTiles } from './map/WorldTiles';
import type { Camera, Edit, EditProgress, Point, Rect } from './types';

/** As long as the frame of what was just painted takes to fade: see `settle` in PendingFrames.module.css. */
const SETTLE_MS = 2_200;

const without = (ids: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  new Set([...ids].filter((each) => each !== id));

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
  /** Edits that were painted just now: their frames stay in sight for a moment. */
  settling: ReadonlySet<string>;
  /** My failed edits that I have seen enough of. */
  dismissed: ReadonlySet<string>;
  /** The server was asked to paint, and has not answered. */
  isAwaiting: boolean;
  hear: (edit: Edit) => void;
  hearAnswer: (edit: Edit) => void;
  hearProgress: (id: string, progress: EditProgress, read?: readonly Edit[]) => void;
  dismiss: (id: string) => void;
  /** Another world, or events may have been missed. */
  forgetHeard: () => void;
}

/** What is looked at, held and written on the page of a world. Worlds, tiles and edits live in their caches. */
export const useAtlas = create<Atlas>()((set, get) => ({
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
  settling: new Set(),
  dismissed: new Set(),
  isAwaiting: false,
  hear: (edit) => {
    const known = get().heard.get(edit.id);
    // What was taken back and is brought again is not new.
    const isNew = edit.state === 'committed' && (known === undefined || isPending(known));
    set(({ heard, settling }) => ({
      heard: hear(heard, edit),
      ...(isNew && { settling: new Set([...settling, edit.id]) }),
    }));
    if (isNew) setTimeout(() => set(({ settling }) => ({ settling: without(settling, edit.id) })), SETTLE_MS);
  },
  hearAnswer: (edit) => set(({ heard }) => ({ heard: hearAnswer(heard, edit) })),
  hearProgress: (id, progress, read) => set(({ heard }) => ({ heard: hearProgress(heard, id, progress, read) })),
  dismiss: (id) => set(({ dismissed }) => ({ dismissed: new Set([...dismissed, id]) })),
  forgetHeard: () => set({ heard: new Map(), settling: new Set() }),
}));
