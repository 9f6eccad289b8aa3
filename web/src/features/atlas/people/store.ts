import { create } from 'zustand';
import { told, type Crowd, type Told } from './crowd';

interface People {
  /** The other pages that look at this world. */
  crowd: Crowd;
  /** Persons here, me among them, and those who are nobody in particular; 0 until it was told. */
  people: number;
  watchers: number;
  /** Whose view mine follows. */
  following: string | null;
  hear: (news: Told) => void;
  forget: () => void;
}

/** Who else is here. It changes with every step of theirs, and is kept nowhere. */
export const usePeople = create<People>()((set) => ({
  crowd: new Map(),
  people: 0,
  watchers: 0,
  following: null,
  hear: (news) => set(({ crowd }) => ({ crowd: told(crowd, news), people: news.people, watchers: news.watchers })),
  forget: () => set({ crowd: new Map(), people: 0, watchers: 0 }),
}));
