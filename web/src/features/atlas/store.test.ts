import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useAtlas } from './store';
import type { Edit } from './types';

const edit = (state: Edit['state']): Edit => ({
  id: 'a',
  kind: 'paint',
  candidates: [],
  x: 0,
  y: 0,
  width: 256,
  height: 256,
  prompt: 'a lake',
  author: 'Ada',
  mine: false,
  state,
  seq: null,
  job: null,
  progress: null,
  error: null,
  image: null,
  created_at: '2026-11-22T00:00:00Z',
  committed_at: null,
});

beforeEach(() => {
  vi.useFakeTimers();
  useAtlas.getState().forgetHeard();
});
afterEach(() => vi.useRealTimers());

test('what was painted stays in sight for a moment, even if nothing was heard of it before', () => {
  useAtlas.getState().hear(edit('committed'));
  expect([...useAtlas.getState().settling]).toEqual(['a']);
  vi.advanceTimersByTime(3_000);
  expect(useAtlas.getState().settling.size).toBe(0);
  // Told again: it is not new any more.
  useAtlas.getState().hear(edit('committed'));
  expect(useAtlas.getState().settling.size).toBe(0);
});

test('what was taken back and brought again is not new', () => {
  useAtlas.getState().hear(edit('committed'));
  vi.advanceTimersByTime(3_000);
  useAtlas.getState().hear(edit('undone'));
  expect(useAtlas.getState().settling.size).toBe(0);
  useAtlas.getState().hear(edit('committed'));
  expect(useAtlas.getState().settling.size).toBe(0);
});
