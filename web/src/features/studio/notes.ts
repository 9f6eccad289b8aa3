import { create } from 'zustand';

interface Note {
  words: string;
  isBad: boolean;
}

/** What is to be deleted: hidden at once, deleted when the time for a second thought has passed. */
export interface Doomed {
  words: string;
  images: readonly string[];
  generations: readonly string[];
  collections: readonly string[];
  /** Deletes it; `isLeaving` when the page goes away and must not wait for an answer. */
  send: (isLeaving: boolean) => Promise<void>;
}

interface Notes {
  note: Note | null;
  /** Waits for a second thought. */
  doomed: Doomed | null;
  /** On their way to the server. */
  sending: readonly Doomed[];
  tell: (words: string, isBad?: boolean) => void;
  hush: () => void;
  doom: (doomed: Doomed) => void;
  undo: () => void;
  /** Deletes what waits. */
  settle: (isLeaving?: boolean) => Promise<void>;
}

/** What is said for a moment at the foot of the page, and the deletions that can still be taken back. */
export const useNotes = create<Notes>()((set, get) => ({
  note: null,
  doomed: null,
  sending: [],
  tell: (words, isBad = false) => set({ note: { words, isBad } }),
  hush: () => set({ note: null }),
  doom: (doomed) => {
    void get().settle();
    set({ doomed, note: null });
  },
  undo: () => set({ doomed: null }),
  settle: async (isLeaving = false) => {
    const { doomed } = get();
    if (doomed === null) return;
    set(({ sending }) => ({ doomed: null, sending: [...sending, doomed] }));
    await doomed.send(isLeaving);
    set(({ sending }) => ({ sending: sending.filter((each) => each !== doomed) }));
  },
}));

/** The ids of one kind that are deleted already as far as the eye can see. */
export function hiddenIds(
  { doomed, sending }: Pick<Notes, 'doomed' | 'sending'>,
  kind: 'images' | 'generations' | 'collections',
): ReadonlySet<string> {
  return new Set([...sending, ...(doomed === null ? [] : [doomed])].flatMap((each) => each[kind]));
}
