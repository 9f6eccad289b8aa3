import { useState } from 'react';
import { isUnfinished, spokenProgress } from '../rules';
import type { Generation } from '../types';

/** Watches every job that was ever seen unfinished, so that its end is told too; old pictures stay silent. */
export function useSpokenProgress(generations: readonly Generation[]): string {
  const [watched, setWatched] = useState<ReadonlySet<string>>(new Set());
  const jobs = generations.flatMap((generation) => generation.jobs);
  const unfinished = jobs.filter(isUnfinished);
  if (unfinished.some((job) => !watched.has(job.id))) {
    // A new round begins: what the last one said is over.
    const stillWatched = jobs.filter((job) => watched.has(job.id) && isUnfinished(job));
    setWatched(new Set([...stillWatched, ...unfinished].map((job) => job.id)));
  }
  return spokenProgress(jobs, watched);
}
