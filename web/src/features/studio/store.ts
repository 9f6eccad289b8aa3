import { create } from 'zustand';
import { createJSONStorage, persist } from 'zustand/middleware';
import type { Draft, Generation } from './types';

const EMPTY: Draft = {
  prompt: '',
  negative_prompt: '',
  model: null,
  seed: null,
  steps: null,
  guidance: null,
  width: null,
  height: null,
  count: 1,
};

interface Composer {
  draft: Draft;
  settingsOpen: boolean;
  change: (part: Partial<Draft>) => void;
  toggleSettings: (open?: boolean) => void;
  /** Takes over everything that made this generation; with `seed`, everything that made that one picture of it. */
  reuse: (generation: Generation, seed?: number) => void;
}

/** What is being written. It outlives a reload of the tab, and nothing else: pictures and jobs live in the query cache. */
export const useComposer = create<Composer>()(
  persist(
    (set) => ({
      draft: EMPTY,
      settingsOpen: false,
      change: (part) => set(({ draft }) => ({ draft: { ...draft, ...part } })),
      toggleSettings: (open) => set(({ settingsOpen }) => ({ settingsOpen: open ?? !settingsOpen })),
      reuse: ({ prompt, negative_prompt, model, steps, guidance, width, height, ...made }, seed) =>
        set({
          draft: {
            prompt,
            negative_prompt,
            model,
            steps,
            guidance,
            width,
            height,
            seed: seed ?? made.seed,
            count: seed === undefined ? made.count : 1,
          },
        }),
    }),
    {
      name: 'figment-composer',
      storage: createJSONStorage(() => sessionStorage),
      partialize: ({ draft }) => ({ draft }),
    },
  ),
);
