import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hiddenIds, useNotes, type Doomed } from './notes';

const doomed = (image: string, send: Doomed['send'] = () => Promise.resolve()): Doomed => ({
  words: `Deleted ${image}.`,
  images: [image],
  generations: [],
  collections: [],
  send,
});
const hidden = () => [...hiddenIds(useNotes.getState(), 'images')];

describe('a deletion', () => {
  beforeEach(() => useNotes.setState({ note: null, doomed: null, sending: [] }));

  it('hides at once, sends nothing before its time, and can be taken back', () => {
    const send = vi.fn(() => Promise.resolve());
    useNotes.getState().doom(doomed('a', send));
    expect(hidden()).toEqual(['a']);
    useNotes.getState().undo();
    expect(hidden()).toEqual([]);
    expect(send).not.toHaveBeenCalled();
  });

  it('stays hidden on its way, and shows again what the server refused to delete', async () => {
    let answer: () => void = () => undefined;
    useNotes.getState().doom(doomed('a', () => new Promise((resolve) => (answer = resolve))));
    const settled = useNotes.getState().settle();
    expect(hidden()).toEqual(['a']);
    useNotes.getState().undo();
    expect(hidden()).toEqual(['a']);
    answer();
    await settled;
    expect(hidden()).toEqual([]);
  });

  it('is sent when the next one begins, and knows whether the page is being left', async () => {
    const first = vi.fn(() => Promise.resolve());
    const second = vi.fn(() => Promise.resolve());
    useNotes.getState().doom(doomed('a', first));
    useNotes.getState().doom(doomed('b', second));
    expect(first).toHaveBeenCalledWith(false);
    expect(second).not.toHaveBeenCalled();
    await useNotes.getState().settle(true);
    expect(second).toHaveBeenCalledWith(true);
    await useNotes.getState().settle();
    expect(second).toHaveBeenCalledTimes(1);
  });
});
