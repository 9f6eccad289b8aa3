import { useMemo } from 'react';
import { useEditHistory } from '../api';
import { intersects } from '../frame';
import { historyOf } from '../rules';
import { useAtlas } from '../store';
import type { Rect } from '../types';

/** What was made in that part of the world, newest first, with what was heard since it was read. */
export function useEditsWithin(world: string, within: Rect | null) {
  const history = useEditHistory(world, within);
  const heard = useAtlas((state) => state.heard);
  const pages = history.data?.pages;
  const edits = useMemo(() => {
    const read = pages?.flatMap(({ items }) => items) ?? [];
    return within === null ? [] : historyOf(read, heard, (edit) => intersects(edit, within));
  }, [pages, heard, within]);
  return { history, edits };
}
