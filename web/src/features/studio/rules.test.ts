import { describe, expect, it } from 'vitest';
import {
  addGeneration,
  applyJobEvent,
  mergePages,
  newerJob,
  previewBlurPx,
  progressWords,
  recipeRows,
  removeGenerations,
  removeImages,
  setFavourites,
  inParts,
  sizePresets,
  spokenProgress,
  tellLoad,
  isOnItsWay,
  isSettled,
  wallLayout,
  whenWords,
  whyNotGenerate,
} from './rules';
import type { Draft, Generation, Image, Job, ModelCard, ModelLoad, Page } from './types';

const job = (change: Partial<Job> = {}): Job => ({
  id: 'j1',
  place: 'studio',
  ref: 'g1',
  fence: 1,
  state: 'queued',
  seed: 1,
  attempt: 1,
  ahead: null,
  progress: null,
  error: null,
  image: null,
  created_at: '2026-11-21T08:00:00Z',
  ...change,
});
const running = (step: number, change: Partial<Job> = {}) =>
  job({ state: 'running', progress: { step, of: 12, preview: null }, ...change });
const image = (id: string): Image => ({
  id,
  width: 256,
  height: 256,
  alt: '',
  created_at: '2026-11-21T08:00:00Z',
  url: '',
  thumbs: {},
  download_url: '',
  recipe_url: null,
  seed: 1,
  favourite: false,
  visibility: 'private',
  state: 'approved',
  state_reason: null,
});
const generation = (id: string, jobs: Job[]): Generation => ({
  id,
  created_at: '2026-11-21T08:00:00Z',
  prompt: 'a boat',
  negative_prompt: '',
  model: 'm',
  seed: 1,
  steps: 12,
  guidance: 2.5,
  width: 256,
  height: 256,
  count: jobs.length,
  jobs,
  hidden: 0,
});
const page = (...items: Generation[]): Page => ({ items, next_cursor: null });
const jobOf = (pages: readonly Page[]) => pages[0]?.items[0]?.jobs[0];

describe('newerJob', () => {
  it('never goes back a step', () => {
    expect(newerJob(running(5), running(3)).progress?.step).toBe(5);
    expect(newerJob(running(5), running(6)).progress?.step).toBe(6);
    expect(newerJob(running(5), job({ ahead: 2 })).state).toBe('running');
  });

  it('keeps what has ended, whatever arrives late', () => {
    const ended = job({ state: 'cancelled' });
    expect(newerJob(ended, running(11))).toBe(ended);
    expect(newerJob(ended, job({ state: 'succeeded' }))).toBe(ended);
  });

  it('takes a later fence over anything, and an earlier one over nothing: a retry counts its attempts from the start', () => {
    const failed = job({ state: 'failed', attempt: 3, fence: 6 });
    const again = job({ attempt: 0, fence: 7 });
    expect(newerJob(failed, again)).toBe(again);
    expect(newerJob(again, failed)).toBe(again);
  });

  it('takes a fresh report of the same ended state: its addresses may have been signed anew', () => {
    const fresh = job({ state: 'succeeded', image: image('i1') });
    expect(newerJob(job({ state: 'succeeded', image: image('i1') }), fresh)).toBe(fresh);
  });

  it('gives the same job for every order of arrival', () => {
    const reports = [job({ ahead: 1 }), running(1), running(7), job({ state: 'succeeded', image: image('i1') })];
    for (const first of reports)
      for (const second of reports)
        for (const third of reports) {
          const all = [first, second, third];
          const end = all.reduce(newerJob);
          expect(end.state).toBe(all.toReversed().reduce(newerJob).state);
        }
  });
});

describe('the cached pages', () => {
  const pages = [page(generation('g1', [job()])), page(generation('g2', [job({ id: 'j2' })]))];

  it('take an event in its place and leave the other pages as they are', () => {
    const next = applyJobEvent(pages, running(4));
    expect(jobOf(next)?.progress?.step).toBe(4);
    expect(next[1]).toBe(pages[1]);
  });

  it('are the very same for old news and for jobs they do not hold', () => {
    const ahead = applyJobEvent(pages, running(4));
    expect(applyJobEvent(ahead, running(2))).toBe(ahead);
    expect(applyJobEvent(pages, running(4, { ref: 'elsewhere' }))).toBe(pages);
  });

  it('keep an event that overtook the answer of the server', () => {
    const held = applyJobEvent(pages, running(9));
    expect(jobOf(mergePages(held, [page(generation('g1', [running(2)]))]))?.progress?.step).toBe(9);
  });

  it('take a new generation once, in front', () => {
    const next = addGeneration(pages, generation('g3', [job({ id: 'j3' })]));
    expect(next[0]?.items.map((item) => item.id)).toEqual(['g3', 'g1']);
    expect(addGeneration(next, generation('g3', []))).toBe(next);
    expect(addGeneration([page()], generation('g1', []))[0]?.items).toHaveLength(1);
  });

  it('take an older one at its place, and none that belongs on a page not loaded yet', () => {
    const old = { ...generation('old', [job()]), created_at: '2026-11-20T08:00:00Z' };
    expect(addGeneration(pages, old)[1]?.items.map((item) => item.id)).toEqual(['g2', 'old']);
    const unread = [{ ...page(generation('g1', [job()])), next_cursor: 'more' }];
    expect(addGeneration(unread, old)).toBe(unread);
  });

  it('lose a generation, and a picture with its empty generation', () => {
    expect(removeGenerations(pages, new Set(['g1']))[0]?.items).toEqual([]);
    const two = [page(generation('g', [job({ id: 'a', image: image('x') }), job({ id: 'b', image: image('y') })]))];
    const one = removeImages(two, new Set(['x']));
    expect(one[0]?.items[0]?.jobs.map((left) => left.id)).toEqual(['b']);
    expect(removeImages(one, new Set(['y']))[0]?.items).toEqual([]);
  });
});

const card: ModelCard = {
  name: 'm',
  title: 'M',
  tasks: ['text-to-image'],
  native_size: 256,
  size: { min: 128, max: 512, multiple: 32 },
  steps: { default: 12, max: 50 },
  guidance: { default: 2.5, max: 15 },
  max_prompt_chars: 20,
  default: true,
};
const draft = (change: Partial<Draft> = {}): Draft => ({
  prompt: 'a boat',
  negative_prompt: '',
  model: null,
  seed: null,
  steps: null,
  guidance: null,
  width: null,
  height: null,
  count: 1,
  ...change,
});

describe('whyNotGenerate', () => {
  it('finds nothing wrong with a plain sentence, nor with the bounds themselves', () => {
    expect(whyNotGenerate(draft(), card)).toEqual({});
    expect(whyNotGenerate(draft({ seed: 2 ** 32 - 1, steps: 50, guidance: 0, width: 512, height: 128 }), card)).toEqual(
      {},
    );
  });

  it.each([
    [{ prompt: '   ' }, 'prompt'],
    [{ prompt: 'x'.repeat(21) }, 'prompt'],
    [{ negative_prompt: 'x'.repeat(21) }, 'negative_prompt'],
    [{ seed: -1 }, 'seed'],
    [{ seed: 2 ** 32 }, 'seed'],
    [{ steps: 0 }, 'steps'],
    [{ steps: 2.5 }, 'steps'],
    [{ guidance: 16 }, 'guidance'],
    [{ width: 257 }, 'width'],
    [{ height: 1024 }, 'height'],
    [{ count: 9 }, 'count'],
  ])('names the field that is wrong: %o', (change, field) => {
    expect(Object.keys(whyNotGenerate(draft(change), card))).toEqual([field]);
  });

  it('counts characters as people do', () => {
    expect(whyNotGenerate(draft({ prompt: '🌊'.repeat(20) }), card)).toEqual({});
  });
});

describe('sizePresets', () => {
  it('turns the native size both ways', () => {
    expect(sizePresets(card).map(({ width, height }) => [width, height])).toEqual([
      [256, 256],
      [320, 256],
      [256, 320],
    ]);
  });

  it('offers only the square to a model that can do no more', () => {
    expect(sizePresets({ ...card, size: { min: 256, max: 256, multiple: 32 } })).toHaveLength(1);
  });
});

describe('words', () => {
  it('say where a job is', () => {
    expect(progressWords(running(4))).toBe('Step 4 of 12');
    expect(progressWords(job({ ahead: 3 }))).toBe('3 ahead of you');
    expect(progressWords(job({ ahead: 0 }))).toBe('Next in line');
    expect(progressWords(job({ attempt: 2 }))).toBe('Trying again');
  });

  it('are spoken when a picture ends, not at every step', () => {
    const watched = new Set(['j1', 'j2']);
    const other = job({ id: 'j2' });
    expect(spokenProgress([running(1), other], watched)).toBe(spokenProgress([running(9), other], watched));
    expect(spokenProgress([job({ state: 'succeeded' }), other], watched)).toBe('Making 1 picture.');
    expect(spokenProgress([job({ state: 'succeeded' }), job({ id: 'j2', state: 'failed' })], watched)).toBe(
      '1 picture ready. 1 picture failed.',
    );
    expect(spokenProgress([job({ id: 'someone else' })], watched)).toBe('');
  });

  it('tell the time', () => {
    const now = Date.parse('2026-11-21T08:00:00Z');
    expect(whenWords('2026-11-21T07:59:30Z', now)).toBe('just now');
    expect(whenWords('2026-11-21T07:57:00Z', now)).toBe('3 minutes ago');
    expect(whenWords('2026-11-20T07:57:00Z', now)).toBe('yesterday');
    expect(whenWords('2026-10-01T12:00:00Z', now)).toBe('Oct 1, 2026');
  });

  it('lift the veil as the steps go', () => {
    expect(previewBlurPx({ step: 0, of: 12 })).toBeGreaterThan(previewBlurPx({ step: 6, of: 12 }));
    expect(previewBlurPx({ step: 12, of: 12 })).toBe(3);
    expect(previewBlurPx({ step: 1, of: 0 })).toBe(14);
  });
});

describe('recipeRows', () => {
  it('tells every line that says something', () => {
    const recipe = {
      model: { name: 'small', weights_hash: '9f2c' },
      seed: 7,
      negative_prompt: '',
      strength: null,
      inputs: [],
    };
    expect(recipeRows(recipe)).toEqual([
      ['Model name', 'small'],
      ['Model weights hash', '9f2c'],
      ['Seed', '7'],
    ]);
  });
});

describe('the wall', () => {
  it('keeps every mosaic as high as the row: two rows of half the height', () => {
    expect(wallLayout(1)).toEqual({ columns: 1, cells: 1 });
    expect(wallLayout(2)).toEqual({ columns: 2, cells: 2 });
    expect(wallLayout(3)).toEqual({ columns: 2, cells: 1.5 });
    expect(wallLayout(4)).toEqual({ columns: 2, cells: 1 });
    expect(wallLayout(8)).toEqual({ columns: 4, cells: 2 });
  });

  it('gives room to what still needs a person', () => {
    expect(isSettled(generation('g', [job({ state: 'succeeded' }), job({ state: 'cancelled' })]))).toBe(true);
    expect(isSettled(generation('g', [job({ state: 'succeeded' }), job({ state: 'failed' })]))).toBe(false);
    expect(isSettled(generation('g', [running(1)]))).toBe(false);
  });
});

describe('favourites', () => {
  const done = (id: string) => job({ id, state: 'succeeded', fence: 2, image: image(`${id}-image`) });
  const pages = [page(generation('g1', [done('a'), done('b')]), generation('g2', [job({ id: 'c' })]))];

  it('marks the pictures that are meant and leaves the other objects as they are', () => {
    const marked = setFavourites(pages, new Map([['b-image', true]]));
    expect(marked[0]?.items[0]?.jobs.map((each) => each.image?.favourite)).toEqual([false, true]);
    expect(marked[0]?.items[0]?.jobs[0]).toBe(pages[0]?.items[0]?.jobs[0]);
    expect(marked[0]?.items[1]).toBe(pages[0]?.items[1]);
    expect(setFavourites(marked, new Map([['b-image', false]]))).toEqual(pages);
  });

  it('survives an event that tells of the picture as it was made, and follows the server’s answer', () => {
    const marked = setFavourites([page(generation('g1', [done('a')]))], new Map([['a-image', true]]));
    const late = { ...done('a'), ref: 'g1', error: null, attempt: 2 };
    expect(jobOf(applyJobEvent(marked, late))?.image?.favourite).toBe(true);
    expect(jobOf(mergePages(marked, [page(generation('g1', [done('a')]))]))?.image?.favourite).toBe(false);
  });
});

describe('inParts', () => {
  it('loses nothing and keeps the order', () => {
    expect(inParts([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inParts([], 2)).toEqual([]);
  });
});

describe('the load of a model', () => {
  const load = (change: Partial<ModelLoad>): ModelLoad => ({
    id: 'l1',
    model: 'someone/model',
    state: 'running',
    stage: 'fetching',
    bytes_fetched: 0,
    error: null,
    created_at: '2026-11-21T08:00:00Z',
    finished_at: null,
    ...change,
  });

  it.each([
    [{ state: 'queued', stage: null }, 'Waiting for its turn…'],
    [{}, 'Fetching someone/model…'],
    [{ bytes_fetched: 42_400_000 }, 'Fetching someone/model… 42 MB so far'],
    [{ bytes_fetched: 2_560_000_000 }, 'Fetching someone/model… 2.6 GB so far'],
    [{ stage: 'opening' }, 'Opening someone/model…'],
    [{ state: 'succeeded' }, 'someone/model is ready.'],
    [{ state: 'failed' }, 'someone/model could not be loaded.'],
  ] satisfies [Partial<ModelLoad>, string][])('%o is told as %s', (change, words) => {
    expect(tellLoad(load(change))).toBe(words);
  });

  it('is on its way until it has ended', () => {
    expect(isOnItsWay(load({ state: 'queued' }))).toBe(true);
    expect(isOnItsWay(load({ state: 'succeeded' }))).toBe(false);
  });
});
