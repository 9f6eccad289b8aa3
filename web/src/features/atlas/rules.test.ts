import { describe, expect, it } from 'vitest';
import {
  agoWords,
  current,
  formatPlace,
  hear,
  hearAnswer,
  hearProgress,
  historyOf,
  homeOf,
  lastOfMine,
  parsePlace,
  pendingEdits,
  placeWords,
  progressWords,
  scaleWords,
  titleOf,
  viewOf,
  type Heard,
} from './rules';
import type { Edit } from './types';

const NONE: Heard = new Map();

const edit = (id: string, change: Partial<Edit> = {}): Edit => ({
  id,
  x: 0,
  y: 0,
  width: 256,
  height: 256,
  prompt: 'a lake',
  author: 'Ada',
  mine: false,
  state: 'queued',
  seq: null,
  job: null,
  progress: null,
  error: null,
  kind: 'paint',
  image: null,
  candidates: [],
  created_at: '2026-11-22T00:00:00Z',
  committed_at: null,
  ...change,
});

describe('candidates', () => {
  const candidate = { number: 1, job: 'j', state: 'succeeded', seed: 1, error: null, image: null } as const;
  const own = edit('a', { mine: true, job: 'j', state: 'running', candidates: [candidate] });

  it('are kept by who asked, whatever events say', () => {
    const heard = hear(hearAnswer(NONE, own), edit('a', { state: 'choosing' }));
    expect(heard.get('a')).toMatchObject({ state: 'choosing', mine: true, candidates: [candidate] });
  });

  it('are gone with the choice', () => {
    const heard = hear(hearAnswer(NONE, own), edit('a', { state: 'committed' }));
    expect(heard.get('a')?.candidates).toEqual([]);
  });

  it('wait in sight of all until then', () => {
    expect(pendingEdits([edit('a', { state: 'choosing' })], NONE)).toHaveLength(1);
    expect(progressWords(edit('a', { state: 'choosing' }))).toBe('Choosing one of several');
    expect(progressWords({ ...own, state: 'choosing' })).toBe('Which one?');
  });
});

it('an erasure has no words of its own', () => {
  expect(titleOf(edit('a', { kind: 'erase', prompt: '' }))).toBe('Erased');
  expect(titleOf(edit('a'))).toBe('a lake');
});

describe('permalinks', () => {
  it.each([
    ['commons', { world: 'commons', view: null }],
    ['commons@0,0,0', { world: 'commons', view: { x: 0, y: 0, zoom: 0 } }],
    ['my-world@-120,4500000000,-3.25', { world: 'my-world', view: { x: -120, y: 4_500_000_000, zoom: -3.25 } }],
    ['commons@1,2,-99', { world: 'commons', view: { x: 1, y: 2, zoom: -12 } }],
    ['commons@1,2,9', { world: 'commons', view: { x: 1, y: 2, zoom: 2 } }],
    ['commons@1,2', { world: 'commons', view: null }],
    ['commons@a,b,c', { world: 'commons', view: null }],
  ])('%s is read', (words, place) => expect(parsePlace(words)).toEqual(place));

  it('are written as they are read', () => {
    const words = 'commons@-12,34,-1.38';
    const { world, view } = parsePlace(words);
    expect(view).not.toBeNull();
    expect(view && formatPlace(world, view)).toBe(words);
  });

  it('hold whole pixels and no -0', () =>
    expect(formatPlace('commons', { x: -0.2, y: 10.7, zoom: -0.001 })).toBe('commons@0,11,0'));
});

describe('where one arrives', () => {
  it('is the middle of an empty world', () =>
    expect(homeOf({ home: null, bounds: null }, 800, 600)).toEqual({ x: 0, y: 0, zoom: 0 }));

  it('shows all that is painted', () => {
    const { x, y, zoom } = homeOf({ home: null, bounds: [-1000, 0, 3000, 1000] }, 800, 600);
    expect([x, y]).toEqual([1000, 500]);
    expect(4000 / 2 ** -zoom).toBeLessThanOrEqual(800);
  });

  it('is a stretch of land where there is some, whatever was painted', () =>
    expect(homeOf({ home: [3072, 5120], bounds: [0, 0, 512, 512] }, 800, 600)).toEqual({ x: 3072, y: 5120, zoom: -2 }));

  it('enlarges nothing', () => expect(viewOf({ x: 0, y: 0, width: 8, height: 8 }, 800, 600).zoom).toBe(0));
});

describe('what is heard of edits', () => {
  it('keeps an edit mine, with its job, though events go to everybody', () => {
    const heard = hear(hearAnswer(NONE, edit('a', { mine: true, job: 'j' })), edit('a', { state: 'running' }));
    expect(heard.get('a')).toMatchObject({ mine: true, job: 'j', state: 'running' });
  });

  it('lets no late answer take back what events told, and takes from it whose it is', () => {
    const early = hear(NONE, edit('a', { state: 'committed' }));
    expect(hearAnswer(early, edit('a', { mine: true, job: 'j' })).get('a')).toMatchObject({
      state: 'committed',
      mine: true,
      job: 'j',
    });
  });

  it('keeps the last preview until the tiles are there', () => {
    const progress = { step: 3, of: 8, preview: 'data:' };
    const heard = hear(hear(NONE, edit('a', { state: 'running', progress })), edit('a', { state: 'committed' }));
    expect(heard.get('a')?.progress).toEqual(progress);
  });

  it('forgets the oldest that ended, and nothing that is being made', () => {
    let heard = hear(NONE, edit('first'));
    for (let nth = 0; nth < 600; nth += 1) heard = hear(heard, edit(`e${nth}`, { state: 'committed' }));
    expect(heard.size).toBe(500);
    expect(heard.has('first')).toBe(true);
    expect(heard.has('e599')).toBe(true);
  });
});

describe('how far an edit is', () => {
  const half = { step: 4, of: 8, preview: 'data:,' };

  it('is heard of one that was heard of, or only read', () => {
    const heard = hear(NONE, edit('a'));
    expect(hearProgress(heard, 'a', half).get('a')).toMatchObject({ state: 'running', progress: half });
    expect(hearProgress(NONE, 'b', half, [edit('b')]).get('b')).toMatchObject({ state: 'running', progress: half });
  });

  it('changes nothing of one that is over, or that nobody knows', () => {
    const over = hear(NONE, edit('a', { state: 'committed' }));
    expect(hearProgress(over, 'a', half)).toBe(over);
    expect(hearProgress(over, 'c', half, [edit('b')])).toBe(over);
  });
});

describe('what is being painted', () => {
  it('is what was read and what was heard, oldest first, without what has ended', () => {
    const read = [edit('b', { created_at: '2026-11-22T00:00:02Z' }), edit('a'), edit('done')];
    const heard = hear(
      hear(NONE, edit('done', { state: 'committed' })),
      edit('c', { created_at: '2026-11-22T00:00:03Z' }),
    );
    expect(pendingEdits(read, heard).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('tells of my failures, not of those of others', () => {
    const heard = hear(hear(NONE, edit('mine', { state: 'failed', mine: true })), edit('theirs', { state: 'failed' }));
    expect(pendingEdits([], heard).map(({ id }) => id)).toEqual(['mine']);
  });
});

describe('the history', () => {
  const old = edit('old', { state: 'committed', committed_at: '2026-11-22T00:00:01Z', mine: true });
  const read = [edit('new', { state: 'committed', committed_at: '2026-11-22T00:00:05Z' }), old];
  const everywhere = () => true;

  it('holds what was heard since it was read, newest first', () => {
    const heard = hear(NONE, edit('newest', { state: 'committed', committed_at: '2026-11-22T00:00:09Z' }));
    expect(historyOf(read, heard, everywhere).map(({ id }) => id)).toEqual(['newest', 'new', 'old']);
  });

  it('leaves out what lies elsewhere or is not made yet', () => {
    const heard = hear(NONE, edit('pending', { state: 'running' }));
    expect(historyOf(read, heard, ({ id }) => id !== 'new').map(({ id }) => id)).toEqual(['old']);
  });

  it('knows what I can take back and bring back', () => {
    const heard = hear(NONE, { ...old, mine: false, state: 'undone' });
    expect(lastOfMine(historyOf(read, NONE, everywhere), 'committed')?.id).toBe('old');
    expect(lastOfMine(historyOf(read, heard, everywhere), 'committed')).toBeNull();
    expect(lastOfMine(historyOf(read, heard, everywhere), 'undone')?.id).toBe('old');
    expect(current(old, heard).mine).toBe(true);
  });
});

describe('words', () => {
  it('tell how far it is', () => {
    expect(progressWords(edit('a'))).toBe('Waiting for its turn');
    expect(progressWords(edit('a', { state: 'running', progress: { step: 3, of: 8, preview: null } }))).toBe(
      'Step 3 of 8',
    );
    const error = { code: 'gave_up', detail: 'It was tried too often.', retryable: true };
    expect(progressWords(edit('a', { state: 'failed', error }))).toBe('It was tried too often.');
  });

  it('tell where', () => expect(placeWords({ x: -1200.5, y: 3 })).toBe('-1,201, 3'));

  it.each([
    [0.25, '400 %'],
    [1, '100 %'],
    [2.604, '1 : 2.6'],
    [4096, '1 : 4,096'],
  ])('tell how large %d is drawn', (resolution, words) => expect(scaleWords(resolution)).toBe(words));

  it.each([
    [10, 'just now'],
    [90, '1 minute ago'],
    [7_300, '2 hours ago'],
    [90_000, 'yesterday'],
    [40 * 86_400, 'last month'],
  ])('tell that %d s ago is %s', (seconds, words) => {
    const then = Date.parse('2026-11-22T00:00:00Z');
    expect(agoWords('2026-11-22T00:00:00Z', then + seconds * 1000)).toBe(words);
  });
});
