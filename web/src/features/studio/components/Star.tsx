import { ActionIcon } from '@mantine/core';
import { IconStar, IconStarFilled } from '@/shared/ui/icons';
import { useFavourite } from '../library';
import type { Image } from '../types';
import classes from './Star.module.css';

/** Marks one picture as a favourite, on the picture itself. */
export function Star({ image, name }: { image: Image; name: string }) {
  const mark = useFavourite();
  return (
    <ActionIcon
      className={classes.star ?? ''}
      aria-pressed={image.favourite}
      aria-label={`Favourite: ${name}`}
      onClick={() => mark.mutate({ images: [image.id], favourite: !image.favourite })}
    >
      {image.favourite ? <IconStarFilled size={20} /> : <IconStar size={20} />}
    </ActionIcon>
  );
}
