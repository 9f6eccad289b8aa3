import { useEffect, useState } from 'react';
import { VisuallyHidden } from '@mantine/core';
import { useAtlas } from '../store';

const ENDS: Partial<Record<string, string>> = {
  committed: 'is painted',
  failed: 'could not be painted',
  undone: 'is taken back',
};

/** Says aloud what became of my own. */
export function SpokenNews() {
  const [words, setWords] = useState('');
  useEffect(
    () =>
      useAtlas.subscribe(({ heard }, before) => {
        if (heard === before.heard) return;
        const news = [...heard.values()].find(
          (edit) => edit.mine && edit.state !== before.heard.get(edit.id)?.state && edit.state in ENDS,
        );
        if (news !== undefined) setWords(`“${news.prompt}” ${ENDS[news.state] ?? ''}.`);
      }),
    [],
  );
  return <VisuallyHidden role="status">{words}</VisuallyHidden>;
}
