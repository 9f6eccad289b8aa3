import { useEffect, useState } from 'react';
import { VisuallyHidden } from '@mantine/core';
import { useAtlas } from '../store';
import type { Edit } from '../types';

const ENDS: Partial<Record<string, string>> = {
  choosing: 'waits for you to choose',
  committed: 'is painted',
  failed: 'could not be painted',
  undone: 'is taken back',
};

const ERASED: Partial<Record<string, string>> = { committed: 'Erased.', undone: 'The erasure is taken back.' };

const spoken = ({ kind, prompt, state }: Edit): string =>
  kind === 'erase' ? (ERASED[state] ?? '') : `“${prompt}” ${ENDS[state] ?? ''}.`;

/** Says aloud what became of my own. */
export function SpokenNews() {
  const [words, setWords] = useState('');
  useEffect(
    () =>
      useAtlas.subscribe(({ heard }, before) => {
        if (heard === before.heard) return;
        const isTold = (edit: Edit) => {
          const was = before.heard.get(edit.id);
          return was?.mine === true && was.state === edit.state;
        };
        const news = [...heard.values()].find((edit) => edit.mine && edit.state in ENDS && !isTold(edit));
        if (news !== undefined) setWords(spoken(news));
      }),
    [],
  );
  return <VisuallyHidden role="status">{words}</VisuallyHidden>;
}
