import { create } from 'zustand';

/** Everything between two, both included, in the order of the page; the second alone when the first is not there any more. */
export function rangeOf(order: readonly string[], from: string | null, to: string): readonly string[] {
  const [start, end] = [from === null ? -1 : order.indexOf(from), order.indexOf(to)];
  if (start < 0 || end < 0) return [to];
  return order.slice(Math.min(start, end), Math.max(start, end) + 1);
}

interface Selection {
  isOn: boolean;
  ids: ReadonlySet<string>;
  /** Where a range begins: the picture that was pressed last. */
  anchor: string | null;
  /** The pictures on the page, from first to last. */
  order: readonly string[];
  start: () => void;
  stop: () => void;
  /** Chooses a picture or lets it go; `asRange` chooses everything from the one before to this one. */
  press: (id: string, asRange: boolean) => void;
  selectAll: () => void;
  selectNone: () => void;
  /** What is no longer on the page is no longer chosen: nothing is done to pictures that one does not see. */
  setOrder: (order: readonly string[]) => void;
}

const NOTHING = { ids: new Set<string>(), anchor: null };

export const useSelection = create<Selection>()((set) => ({
  isOn: false,
  ...NOTHING,
  order: [],
  start: () => set({ isOn: true, ...NOTHING }),
  stop: () => set({ isOn: false, ...NOTHING }),
  press: (id, asRange) =>
    set(({ ids, anchor, order }) => {
      if (asRange) return { ids: new Set([...ids, ...rangeOf(order, anchor, id)]), anchor: id };
      const next = new Set(ids);
      if (!next.delete(id)) next.add(id);
      return { ids: next, anchor: id };
    }),
  selectAll: () => set(({ order }) => ({ ids: new Set(order) })),
  selectNone: () => set(NOTHING),
  setOrder: (order) =>
    set(({ ids }) => {
      const there = new Set(order);
      const kept = [...ids].filter((id) => there.has(id));
      return { order, ...(kept.length < ids.size && { ids: new Set(kept) }) };
    }),
}));
