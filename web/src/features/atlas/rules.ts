import type { Edit, EditProgress, Rect, View, World } from './types';

// ---- permalinks: /atlas/{world}@x,y,z ----

const PLACE = /^([^@]+)@(-?\d+),(-?\d+),(-?\d+(?:\.\d+)?)$/;

export interface Place {
  world: string;
  /** Where in the world; null where the address names only the world. */
  view: View | null;
}

export const MIN_ZOOM = -12;
/** Nearer than one pixel a pixel, the tiles of zoom 0 are enlarged. */
export const MAX_ZOOM = 2;

const clampZoom = (zoom: number) => Math.min(Math.max(zoom, MIN_ZOOM), MAX_ZOOM);

/** Reads the last part of an address. What is no place in the world is the world. */
export function parsePlace(words: string): Place {
  const [, world, x, y, zoom] = PLACE.exec(words) ?? [];
  if (world === undefined) return { world: words.split('@')[0] ?? words, view: null };
  return { world, view: { x: Number(x), y: Number(y), zoom: clampZoom(Number(zoom)) } };
}

/** Without -0, which an address would keep. */
const whole = (value: number) => Math.round(value) + 0;

export const formatPlace = (world: string, { x, y, zoom }: View): string =>
  `${world}@${whole(x)},${whole(y)},${Math.round(zoom * 100) / 100 + 0}`;

export const zoomOf = (resolution: number): number => -Math.log2(resolution) + 0;

// ---- where one arrives ----

/** The rectangle in the middle of the screen, as near as it may be without being enlarged. */
export function viewOf(rect: Rect, width: number, height: number): View {
  const resolution = Math.max(rect.width / (width * 0.8), rect.height / (height * 0.6), 1);
  return {
    x: Math.round(rect.x + rect.width / 2),
    y: Math.round(rect.y + rect.height / 2),
    zoom: clampZoom(zoomOf(resolution)),
  };
}

/** From so far one sees a stretch of coast, and already the rivers and towns on it. */
const LAND_ZOOM = -2;

/** Home: the place to arrive at in land of its own; else all that is painted, or the middle of a world where nothing is. */
export function homeOf({ home, bounds }: Pick<World, 'home' | 'bounds'>, width: number, height: number): View {
  if (home !== null) return { x: home[0] ?? 0, y: home[1] ?? 0, zoom: LAND_ZOOM };
  if (bounds === null) return { x: 0, y: 0, zoom: 0 };
  const [x0 = 0, y0 = 0, x1 = x0, y1 = y0] = bounds;
  return viewOf({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 }, width, height);
}

/** Above this a seed is none. */
export const MAX_SEED = 2 ** 32 - 1;

export const randomSeed = (): number => Math.floor(Math.random() * (MAX_SEED + 1));

// ---- edits, told by answers and by events ----

const RANK: Record<Edit['state'], number> = {
  queued: 0,
  running: 1,
  choosing: 2,
  committed: 3,
  undone: 3,
  failed: 3,
  cancelled: 3,
};

export const isPending = ({ state }: Pick<Edit, 'state'>): boolean => RANK[state] < 3;

export type Heard = ReadonlyMap<string, Edit>;

/**
 * What is known of an edit only by who asked must not be taken away by an event, which goes to everybody; and the last preview stays in
 * sight until the tiles are there.
 */
const keepOwn = (next: Edit, known: Edit | undefined): Edit =>
  known === undefined
    ? next
    : {
        ...next,
        mine: next.mine || known.mine,
        job: next.job ?? known.job,
        progress: next.progress ?? (next.state === 'committed' || next.state === 'choosing' ? known.progress : null),
        candidates: next.candidates.length === 0 && isPending(next) ? known.candidates : next.candidates,
      };

/** As many as are kept of what has ended. */
const MOST_HEARD = 500;

/** Takes in an event: they come in order, so the last one is right. */
export function hear(heard: Heard, edit: Edit): Heard {
  const next = new Map(heard);
  next.delete(edit.id);
  next.set(edit.id, keepOwn(edit, heard.get(edit.id)));
  const [oldest] = [...next.values()].filter((each) => !isPending(each));
  if (next.size > MOST_HEARD && oldest !== undefined) next.delete(oldest.id);
  return next;
}

/** Takes in an answer, which events may have overtaken. */
export function hearAnswer(heard: Heard, edit: Edit): Heard {
  const held = heard.get(edit.id);
  const isOld = held !== undefined && RANK[held.state] > RANK[edit.state];
  return new Map(heard).set(edit.id, isOld ? keepOwn(held, edit) : keepOwn(edit, held));
}

/** Takes in how far an edit is. `read`: those that were read as pending and may not have been heard of since. What is over stays so. */
export function hearProgress(heard: Heard, id: string, progress: EditProgress, read: readonly Edit[] = []): Heard {
  const edit = heard.get(id) ?? read.find((each) => each.id === id);
  if (edit === undefined || !isPending(edit)) return heard;
  return new Map(heard).set(id, { ...edit, state: 'running', progress });
}

/** The edit as it is by what was heard since it was read. */
export const current = (edit: Edit, heard: Heard): Edit => {
  const newer = heard.get(edit.id);
  return newer === undefined ? edit : keepOwn(newer, edit);
};

/** What is being made, oldest first, so that the newest lies on top. */
export function pendingEdits(read: readonly Edit[], heard: Heard): Edit[] {
  const known = new Map([...read, ...heard.values()].map((edit) => [edit.id, edit]));
  return [...known.values()]
    .map((edit) => current(edit, heard))
    .map((edit) =>
      keepOwn(
        edit,
        read.find(({ id }) => id === edit.id),
      ),
    )
    .filter((edit) => isPending(edit) || (edit.state === 'failed' && edit.mine))
    .toSorted((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
}

const isMade = ({ state }: Edit) => state === 'committed' || state === 'undone';
const madeAt = ({ committed_at, created_at }: Edit) => Date.parse(committed_at ?? created_at);

/** What was made in that part of the world, newest first: what was read, and what was heard since. */
export function historyOf(read: readonly Edit[], heard: Heard, isInView: (edit: Edit) => boolean): Edit[] {
  const known = new Map([...heard.values(), ...read].map((edit) => [edit.id, current(edit, heard)]));
  return [...known.values()].filter((edit) => isMade(edit) && isInView(edit)).toSorted((a, b) => madeAt(b) - madeAt(a));
}

/** The newest of mine that can be taken back, or brought back. */
export const lastOfMine = (history: readonly Edit[], state: 'committed' | 'undone'): Edit | null =>
  history.find((edit) => edit.mine && edit.state === state) ?? null;

// ---- words ----

/** What an edit is called. */
export const titleOf = ({ kind, prompt }: Pick<Edit, 'kind' | 'prompt'>): string =>
  kind === 'erase' ? 'Erased' : prompt;

export function progressWords({ state, progress, error, mine }: Edit): string {
  if (state === 'choosing') return mine ? 'Which one?' : 'Choosing one of several';
  if (state === 'failed') return error?.detail ?? 'This could not be painted.';
  if (state === 'queued' || progress === null) return 'Waiting for its turn';
  return `Step ${progress.step} of ${progress.of}`;
}

export const placeWords = ({ x, y }: { x: number; y: number }): string =>
  `${Math.floor(x).toLocaleString('en')}, ${Math.floor(y).toLocaleString('en')}`;

/** How large the map is drawn: 100 % is a pixel a pixel, 1 : 4 shows four map pixels in one. */
export const scaleWords = (resolution: number): string =>
  resolution <= 1
    ? `${Math.round(100 / resolution)} %`
    : `1 : ${resolution.toLocaleString('en', { maximumFractionDigits: resolution < 10 ? 1 : 0 })}`;

export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

const AGO: readonly [limitS: number, unitS: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [2_592_000, 86_400, 'day'],
  [31_536_000, 2_592_000, 'month'],
  [Infinity, 31_536_000, 'year'],
];
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function agoWords(time: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(time)) / 1000);
  if (seconds < 60) return 'just now';
  const [, unitS, unit] = AGO.find(([limitS]) => seconds < limitS) ?? [0, 31_536_000, 'year' as const];
  return RELATIVE.format(-Math.floor(seconds / unitS), unit);
}
