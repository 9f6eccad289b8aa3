import type { Draft, Generation, Image, Job, ModelCard, ModelLoad, Page } from './types';

// ---- jobs: which of two reports of one job is the newer one ----

const RANK: Record<Job['state'], number> = { queued: 0, running: 1, succeeded: 2, failed: 2, cancelled: 2 };

export const isUnfinished = (job: Job): boolean => RANK[job.state] < 2;

/**
 * The newer of two reports of the same job, in whatever order they arrived: a later fence wins (the server raises it whenever the
 * job changes hands: an attempt, a retry), then the state that is further on, then the later step. What has ended stays ended
 * until the fence rises.
 */
export function newerJob(held: Job, arrived: Job): Job {
  if (arrived.fence !== held.fence) return arrived.fence > held.fence ? arrived : held;
  if (RANK[arrived.state] !== RANK[held.state]) return RANK[arrived.state] > RANK[held.state] ? arrived : held;
  if (!isUnfinished(held)) return arrived.state === held.state ? arrived : held;
  return (arrived.progress?.step ?? 0) >= (held.progress?.step ?? 0) ? arrived : held;
}

// ---- the cached pages of the history ----

type Pages = readonly Page[];

const mapGenerations = (pages: Pages, change: (generation: Generation) => Generation): Page[] =>
  pages.map((page) => {
    const items = page.items.map(change);
    return items.some((item, index) => item !== page.items[index]) ? { ...page, items } : page;
  });

const filterGenerations = (pages: Pages, keep: (generation: Generation) => boolean): Page[] =>
  pages.map((page) => (page.items.every(keep) ? page : { ...page, items: page.items.filter(keep) }));

export const holdsGeneration = (pages: Pages, generationId: string): boolean =>
  pages.some((page) => page.items.some((generation) => generation.id === generationId));

/** An event tells of the picture as it was when the job ended; whether it is a favourite is known better here. */
const withHeldStar = (held: Job, next: Job): Job =>
  next !== held && held.image && next.image?.id === held.image.id
    ? { ...next, image: { ...next.image, favourite: held.image.favourite } }
    : next;

/** The pages with this report of a job in its place; the same pages when it is old news. */
export function applyJobEvent(pages: Pages, arrived: Job): Pages {
  const next = mapGenerations(pages, (generation) => {
    if (generation.id !== arrived.ref) return generation;
    const jobs = generation.jobs.map((job) =>
      job.id === arrived.id ? withHeldStar(job, newerJob(job, arrived)) : job,
    );
    return jobs.some((job, index) => job !== generation.jobs[index]) ? { ...generation, jobs } : generation;
  });
  return next.some((page, index) => page !== pages[index]) ? next : pages;
}

/** What the server answered, except where events already told us something newer. */
export function mergePages(held: Pages, answered: Pages): Page[] {
  const known = new Map(held.flatMap((page) => page.items).flatMap((item) => item.jobs.map((job) => [job.id, job])));
  return mapGenerations(answered, (generation) => ({
    ...generation,
    jobs: generation.jobs.map((job) => newerJob(known.get(job.id) ?? job, job)),
  }));
}

/**
 * The pages with this generation at its place by age; the same pages when it is there already, or when it belongs on a page that
 * is not loaded yet.
 */
export function addGeneration(pages: Pages, generation: Generation): Pages {
  if (holdsGeneration(pages, generation.id)) return pages;
  const isOlder = (item: Generation) => Date.parse(item.created_at) <= Date.parse(generation.created_at);
  const at = pages.findIndex((page) => page.items.some(isOlder));
  const last = pages.length - 1;
  if (at < 0 && pages[last]?.next_cursor !== null) return pages;
  return pages.map((page, index) => {
    if (index !== (at < 0 ? last : at)) return page;
    const before = at < 0 ? page.items.length : page.items.findIndex(isOlder);
    return { ...page, items: page.items.toSpliced(before, 0, generation) };
  });
}

const mapImages = (pages: Pages, change: (image: Image) => Image): Page[] =>
  mapGenerations(pages, (generation) => {
    const jobs = generation.jobs.map((job) => {
      const image = job.image ? change(job.image) : job.image;
      return image === job.image ? job : { ...job, image: image ?? null };
    });
    return jobs.some((job, index) => job !== generation.jobs[index]) ? { ...generation, jobs } : generation;
  });

/** The pages with these pictures as favourites, or not, by what each is to be. */
export const setFavourites = (pages: Pages, wanted: ReadonlyMap<string, boolean>): Page[] =>
  mapImages(pages, (image) => {
    const favourite = wanted.get(image.id) ?? image.favourite;
    return favourite === image.favourite ? image : { ...image, favourite };
  });

export const imagesOf = (generations: readonly Generation[]): Image[] =>
  generations.flatMap(({ jobs }) => jobs.flatMap(({ image }) => (image ? [image] : [])));

export const removeGenerations = (pages: Pages, ids: ReadonlySet<string>): Page[] =>
  filterGenerations(pages, (item) => !ids.has(item.id));

/** Without these pictures, and without the generations of which they were the last. */
export const removeImages = (pages: Pages, ids: ReadonlySet<string>): Page[] =>
  filterGenerations(
    mapGenerations(pages, (generation) => {
      const jobs = generation.jobs.filter((job) => !job.image || !ids.has(job.image.id));
      return jobs.length === generation.jobs.length ? generation : { ...generation, jobs };
    }),
    (generation) => generation.jobs.length > 0,
  );

/** In parts of at most so many. */
export const inParts = <T>(items: readonly T[], most: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / most) }, (_, nth) => items.slice(nth * most, (nth + 1) * most));

// ---- the wall ----

/** Nothing in it waits, runs or asks for a retry: it can be small. */
export const isSettled = ({ jobs }: Generation): boolean =>
  jobs.every((job) => job.state === 'succeeded' || job.state === 'cancelled');

/**
 * How the pictures of a settled generation share a row of the wall: `columns` of their mosaic, and how many `cells` of the row's
 * height it is wide (one cell is as wide as one picture).
 */
export function wallLayout(count: number): { columns: number; cells: number } {
  if (count <= 2) return { columns: count, cells: count };
  if (count === 3) return { columns: 2, cells: 1.5 }; // one large, two half as high beside it
  const columns = Math.ceil(count / 2);
  return { columns, cells: columns / 2 };
}

// ---- the form ----

export type DraftField = keyof Draft;
export type FieldProblems = Partial<Record<DraftField, string>>;

const MAX_SEED = 2 ** 32 - 1;
const MAX_COUNT = 8;

const isWithin = (value: number, least: number, most: number) =>
  Number.isFinite(value) && value >= least && value <= most;

/** Characters as the server counts them: code points. */
export const lengthOf = (text: string): number => Array.from(text).length;

function promptProblem(prompt: string, limit: number): string | null {
  if (prompt.trim() === '') return 'Describe the picture first.';
  const over = lengthOf(prompt) - limit;
  return over > 0 ? `Too long by ${over} character${over === 1 ? '' : 's'}; ${limit.toLocaleString('en')} fit.` : null;
}

function sizeProblem(value: number | null, { min, max, multiple }: ModelCard['size']): string | null {
  if (value === null) return null;
  if (!isWithin(value, min, max)) return `From ${min} to ${max} pixels.`;
  return value % multiple === 0 ? null : `Must be a multiple of ${multiple}.`;
}

function rangeProblem(value: number | null, least: number, most: number, whole: boolean): string | null {
  if (value === null) return null;
  if (!isWithin(value, least, most)) return `From ${least} to ${most}.`;
  return whole && !Number.isInteger(value) ? 'Must be a whole number.' : null;
}

/** Why this draft cannot be sent yet, field by field; empty when it can. */
export function whyNotGenerate(draft: Draft, card: ModelCard): FieldProblems {
  const problems: [DraftField, string | null][] = [
    ['prompt', promptProblem(draft.prompt, card.max_prompt_chars)],
    [
      'negative_prompt',
      draft.negative_prompt === '' ? null : promptProblem(draft.negative_prompt, card.max_prompt_chars),
    ],
    ['seed', rangeProblem(draft.seed, 0, MAX_SEED, true)],
    ['steps', rangeProblem(draft.steps, 1, card.steps.max, true)],
    ['guidance', rangeProblem(draft.guidance, 0, card.guidance.max, false)],
    ['width', sizeProblem(draft.width, card.size)],
    ['height', sizeProblem(draft.height, card.size)],
    ['count', rangeProblem(draft.count, 1, MAX_COUNT, true)],
  ];
  return Object.fromEntries(problems.filter(([, problem]) => problem !== null));
}

export interface SizePreset {
  name: 'Square' | 'Landscape' | 'Portrait';
  width: number;
  height: number;
}

const LONG_SIDE = 1.25;

/** Square, landscape and portrait at the model's native size, within its bounds. */
export function sizePresets({ native_size: native, size }: ModelCard): SizePreset[] {
  const long = Math.min(size.max, Math.round((native * LONG_SIDE) / size.multiple) * size.multiple);
  const square: SizePreset = { name: 'Square', width: native, height: native };
  if (long <= native) return [square];
  return [
    square,
    { name: 'Landscape', width: long, height: native },
    { name: 'Portrait', width: native, height: long },
  ];
}

// ---- words ----

export const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** What a job is doing, in the words under its picture. */
export function progressWords(job: Job): string {
  if (job.state === 'running' && job.progress) return `Step ${job.progress.step} of ${job.progress.of}`;
  if (job.state === 'running') return 'Starting';
  if (job.attempt > 1) return 'Trying again';
  return job.ahead ? `${job.ahead} ahead of you` : 'Next in line';
}

/** What a screen reader hears. It changes when a picture ends, not at every step. */
export function spokenProgress(jobs: readonly Job[], watched: ReadonlySet<string>): string {
  const ours = jobs.filter((job) => watched.has(job.id));
  const waiting = ours.filter(isUnfinished).length;
  if (waiting > 0) return `Making ${count(waiting, 'picture')}.`;
  const ready = ours.filter((job) => job.state === 'succeeded').length;
  const failed = ours.filter((job) => job.state === 'failed').length;
  return [ready > 0 && `${count(ready, 'picture')} ready.`, failed > 0 && `${count(failed, 'picture')} failed.`]
    .filter(Boolean)
    .join(' ');
}

const MOST_BLUR_PX = 14;
const LEAST_BLUR_PX = 3;

/** The veil over a preview, in pixels: it lifts as the steps go. */
export function previewBlurPx({ step, of }: { step: number; of: number }): number {
  const done = of > 0 ? Math.min(step / of, 1) : 0;
  return MOST_BLUR_PX - (MOST_BLUR_PX - LEAST_BLUR_PX) * done;
}

const SPANS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
const A_WEEK_S = 7 * 86_400;

/** "3 minutes ago" within a week, a date after it. */
export function whenWords(createdAt: string, nowMs: number): string {
  const made = new Date(createdAt);
  const ageS = (nowMs - made.getTime()) / 1000;
  if (ageS >= A_WEEK_S) return made.toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' });
  const span = SPANS.find(([, seconds]) => ageS >= seconds);
  if (span === undefined) return 'just now';
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-Math.floor(ageS / span[1]), span[0]);
}

const asWords = (name: string): string => {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** A recipe as a table: every line that says something, nested ones by their path ("Model name"). */
export function recipeRows(recipe: Record<string, unknown>, path = ''): [string, string][] {
  return Object.entries(recipe).flatMap(([key, value]): [string, string][] => {
    const name = path === '' ? key : `${path} ${key}`;
    if (isEmpty(value)) return [];
    if (typeof value === 'object' && !Array.isArray(value)) return recipeRows(value as Record<string, unknown>, name);
    return [[asWords(name), typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}

// ---- the load of a model ----

export const isOnItsWay = (load: ModelLoad): boolean => load.state === 'queued' || load.state === 'running';

/** How a load goes, in words. */
export function tellLoad({ model, state, stage, bytes_fetched: bytes }: ModelLoad): string {
  if (state === 'succeeded') return `${model} is ready.`;
  if (state === 'failed') return `${model} could not be loaded.`;
  if (stage === 'opening') return `Opening ${model}…`;
  const fetched = bytes === 0 ? '' : ` ${asBytes(bytes)} so far`;
  return stage === 'fetching' ? `Fetching ${model}…${fetched}` : 'Waiting for its turn…';
}

const asBytes = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
