import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { useSession } from '@/shared/session/useSession';
import { IconCheck, IconLink } from '@/shared/ui/icons';
import { useVisibility } from '../library';
import type { Image } from '../types';
import classes from './ImageDetails.module.css';

/** Shows a picture to everybody who has its link, or takes that back. */
export function ShareLink({ image }: { image: Image }) {
  const { data: person } = useSession();
  const { copy, copied } = useClipboard();
  const share = useVisibility();
  const link = `${window.location.origin}/shared/${image.id}`;
  if (person?.guest !== false)
    return (
      <p className={classes.note}>
        To share a picture, <Link to="/sign-up">make an account</Link> first.
      </p>
    );
  if (image.visibility === 'private')
    return (
      <Button
        variant="default"
        leftSection={<IconLink size={18} />}
        loading={share.isPending}
        onClick={() => share.mutate({ image: image.id, visibility: 'link' })}
      >
        Share by link
      </Button>
    );
  return (
    <>
      <Button
        variant="default"
        leftSection={copied ? <IconCheck size={18} /> : <IconLink size={18} />}
        onClick={() => copy(link)}
      >
        {copied ? 'Copied' : 'Copy the link'}
      </Button>
      <Button
        variant="default"
        loading={share.isPending}
        onClick={() => share.mutate({ image: image.id, visibility: 'private' })}
      >
        Stop sharing
      </Button>
      <p className={classes.note}>
        Everybody who has <a href={`/shared/${image.id}`}>the link</a> sees this picture and your name.
      </p>
    </>
  );
}
