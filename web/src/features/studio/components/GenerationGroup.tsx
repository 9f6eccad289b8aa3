import { memo, type CSSProperties } from 'react';
import { isSettled, wallLayout } from '../rules';
import type { Generation } from '../types';
import { Caption } from './Caption';
import { Tile } from './Tile';
import classes from './GenerationGroup.module.css';

interface Props {
  generation: Generation;
  isLarge: boolean;
  onReuse: () => void;
}

/**
 * The pictures of one prompt, with their label: side by side on the wall, or large when they are the newest.
 *
 * Memoised: an event of one job gives new pages many times a second, and every other generation in them is the same object.
 */
export const GenerationGroup = memo(function GenerationGroup({ generation, isLarge, onReuse }: Props) {
  const { width, height, jobs, prompt } = generation;
  const isBusy = !isSettled(generation);
  const { columns, cells } = wallLayout(jobs.length);
  const shape = {
    '--ratio': width / height,
    '--count': jobs.length,
    '--cells': cells,
    '--mosaic': columns,
  } as CSSProperties;
  const glow = isLarge ? jobs.find((job) => job.image?.state === 'approved')?.image?.thumbs['256'] : undefined;
  return (
    <article
      className={classes.group}
      data-large={isLarge || undefined}
      data-busy={(isBusy && !isLarge) || undefined}
      style={shape}
      aria-label={prompt}
    >
      {glow !== undefined && <img className={classes.glow} src={glow} alt="" key={glow} />}
      <div className={classes.pictures} data-count={jobs.length}>
        {jobs.map((job, index) => (
          <Tile key={job.id} job={job} generation={generation} nth={index + 1} isLarge={isLarge} />
        ))}
      </div>
      <Caption generation={generation} isLarge={isLarge} onReuse={onReuse} />
    </article>
  );
});
