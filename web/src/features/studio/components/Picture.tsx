import { useState } from 'react';
import { previewBlurPx } from '../rules';
import type { Job } from '../types';
import classes from './Picture.module.css';

/** The preview of the steps under a veil that lifts, then the picture itself, faded in over the last preview. */
export function Picture({ job, isLarge }: { job: Job; isLarge: boolean }) {
  const [lastPreview, setLastPreview] = useState<{ fence: number; src: string; blurPx: number } | null>(null);
  const preview = job.progress?.preview;
  if (job.progress && preview && preview !== lastPreview?.src) {
    setLastPreview({ fence: job.fence, src: preview, blurPx: previewBlurPx(job.progress) });
  }
  const isMaking = job.state === 'running' || job.state === 'succeeded';
  return (
    <>
      {isMaking && lastPreview !== null && lastPreview.fence === job.fence && (
        <img
          className={classes.preview}
          src={lastPreview.src}
          alt=""
          style={{ filter: `blur(${lastPreview.blurPx}px)` }}
        />
      )}
      {job.image && (
        <Finished key={job.image.id} job={job} image={job.image} isLarge={isLarge} wasSeen={lastPreview !== null} />
      )}
    </>
  );
}

interface FinishedProps {
  job: Job;
  image: NonNullable<Job['image']>;
  isLarge: boolean;
  /** Its steps were watched: it fades in. */
  wasSeen: boolean;
}

function Finished({ image, isLarge, wasSeen }: FinishedProps) {
  const [isLoaded, setLoaded] = useState(!wasSeen);
  const thumb = image.thumbs[isLarge ? '512' : '256'] ?? image.url;
  return (
    <img
      className={classes.picture}
      src={thumb}
      srcSet={srcSetOf(image)}
      sizes={isLarge ? '(min-width: 48em) 460px, 100vw' : '(min-width: 48em) 280px, 50vw'}
      alt={image.alt}
      width={image.width}
      height={image.height}
      loading={isLarge ? 'eager' : 'lazy'}
      decoding="async"
      data-loaded={isLoaded || undefined}
      onLoad={() => setLoaded(true)}
    />
  );
}

/** Widths of the thumbnails are of the longer side; no candidate claims more than the picture has. */
function srcSetOf({ thumbs, width, height }: NonNullable<Job['image']>): string {
  return Object.entries(thumbs)
    .map(([side, url]) => `${url} ${Math.round(Number(side) * Math.min(1, width / height))}w`)
    .join(', ');
}
