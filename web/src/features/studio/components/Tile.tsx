import { ActionIcon, Button, Loader } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { asProblem } from '@/shared/api/problem';
import { IconClose, IconReuse } from '@/shared/ui/icons';
import { useCancel, useRetry } from '../api';
import { isUnfinished, progressWords } from '../rules';
import { useSelection } from '../selection';
import type { Generation, Image, Job } from '../types';
import { Check } from './Check';
import { Picture } from './Picture';
import { Star } from './Star';
import classes from './Tile.module.css';

interface Props {
  job: Job;
  generation: Generation;
  nth: number;
  isLarge: boolean;
}

/** One picture in whatever state it is: waiting, appearing, there, failed or cancelled. */
export function Tile({ job, generation, nth, isLarge }: Props) {
  const name = generation.jobs.length > 1 ? `picture ${nth} of ${generation.jobs.length}` : 'the picture';
  const image = job.state === 'succeeded' ? job.image : null;
  return (
    <div className={classes.tile} data-state={job.state}>
      {image?.state !== 'refused' && <Picture job={job} isLarge={isLarge} />}
      {image && <Made image={image} name={`${name}: ${generation.prompt}`} />}
      {isUnfinished(job) && <Unfinished job={job} name={name} />}
      {job.state === 'failed' && <Failed job={job} name={name} />}
      {job.state === 'cancelled' && <Cancelled job={job} name={name} />}
    </div>
  );
}

/** What one can do with a picture that is there, and why others cannot see it, where that is so. */
function Made({ image, name }: { image: Image; name: string }) {
  const isSelecting = useSelection(({ isOn }) => isOn);
  return (
    <>
      {image.state !== 'approved' && <Withheld image={image} />}
      {isSelecting ? (
        <Check id={image.id} name={name} />
      ) : (
        <>
          <Link
            to="/studio"
            search={(held) => ({ ...held, image: image.id })}
            resetScroll={false}
            className={classes.open}
            aria-label={`Open ${name}`}
          />
          <Star image={image} name={name} />
        </>
      )}
    </>
  );
}

function Withheld({ image }: { image: Image }) {
  return (
    <div className={classes.withheld} data-state={image.state}>
      <p>
        <strong>{image.state === 'held' ? 'Held' : 'Refused'}</strong>
        <span>{image.state_reason}</span>
        <Link to="/decisions">See why</Link>
      </p>
    </div>
  );
}

interface StateProps {
  job: Job;
  name: string;
}

function Unfinished({ job, name }: StateProps) {
  const cancel = useCancel();
  const { step = 0, of = 1 } = job.progress ?? {};
  return (
    <div className={classes.making}>
      {job.state === 'queued' && <Loader type="dots" size="sm" color="currentColor" aria-hidden />}
      <div className={classes.status}>
        <span className={classes.step}>{cancel.isError ? asProblem(cancel.error).message : progressWords(job)}</span>
        <Button
          size="compact-sm"
          className={classes.cancel}
          loading={cancel.isPending}
          onClick={() => cancel.mutate(job.id)}
          aria-label={`Cancel ${name}`}
        >
          <IconClose size={16} />
          <span className={classes.cancelWord}>Cancel</span>
        </Button>
      </div>
      <div
        className={classes.track}
        role="progressbar"
        aria-label={`Progress of ${name}`}
        aria-valuemin={0}
        aria-valuemax={of}
        aria-valuenow={step}
        aria-valuetext={progressWords(job)}
      >
        <span style={{ scale: `${step / of} 1` }} />
      </div>
    </div>
  );
}

function Failed({ job, name }: StateProps) {
  const retry = useRetry();
  return (
    <div className={classes.failed}>
      <p>{retry.isError ? asProblem(retry.error).message : (job.error?.detail ?? 'This picture could not be made.')}</p>
      {job.error?.code === 'text_held' && <Link to="/decisions">See what becomes of it</Link>}
      {(job.error?.retryable ?? true) && (
        <Button
          variant="default"
          loading={retry.isPending}
          onClick={() => retry.mutate(job.id)}
          aria-label={`Retry ${name}`}
        >
          Retry
        </Button>
      )}
    </div>
  );
}

function Cancelled({ job, name }: StateProps) {
  const retry = useRetry();
  return (
    <div className={classes.cancelled}>
      <p>{retry.isError ? asProblem(retry.error).message : 'Cancelled'}</p>
      <ActionIcon
        variant="default"
        aria-label={`Make ${name} after all`}
        loading={retry.isPending}
        onClick={() => retry.mutate(job.id)}
      >
        <IconReuse size={18} />
      </ActionIcon>
    </div>
  );
}
