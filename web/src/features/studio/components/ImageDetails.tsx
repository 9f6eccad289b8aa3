import { useState } from 'react';
import { ActionIcon, Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { asProblem } from '@/shared/api/problem';
import {
  IconCheck,
  IconCollection,
  IconCopy,
  IconDownload,
  IconOlder,
  IconNewer,
  IconRecipe,
  IconReuse,
  IconStar,
  IconStarFilled,
  IconTrash,
} from '@/shared/ui/icons';
import { useRecipe } from '../api';
import { useDelete, useFavourite } from '../library';
import { useComposer } from '../store';
import type { Generation, Image } from '../types';
import { CollectionDialog } from './CollectionDialog';
import { RecipeTable } from './RecipeTable';
import { ShareLink } from './ShareLink';
import classes from './ImageDetails.module.css';

interface Props {
  image: Image;
  generation: Generation | null;
  onNewer: (() => void) | null;
  onOlder: (() => void) | null;
  onReuse: () => void;
  onDeleted: () => void;
}

export function ImageDetails({ image, generation, onNewer, onOlder, onReuse, onDeleted }: Props) {
  const recipe = useRecipe(image.id);
  const prompt = generation?.prompt ?? image.alt;
  return (
    <div className={classes.details}>
      <figure className={classes.figure}>
        {image.state === 'refused' ? (
          <p className={classes.withheld}>A moderator refused this picture.</p>
        ) : (
          <img src={image.url} alt={image.alt} width={image.width} height={image.height} />
        )}
        <div className={classes.turn}>
          <ActionIcon aria-label="Newer picture" disabled={onNewer === null} onClick={() => onNewer?.()}>
            <IconNewer />
          </ActionIcon>
          <ActionIcon aria-label="Older picture" disabled={onOlder === null} onClick={() => onOlder?.()}>
            <IconOlder />
          </ActionIcon>
        </div>
      </figure>
      <div className={classes.about}>
        <p className={classes.prompt}>{prompt}</p>
        {image.state !== 'approved' && <Withheld image={image} />}
        <Actions image={image} generation={generation} prompt={prompt} onReuse={onReuse} onDeleted={onDeleted} />
        <h3>Recipe</h3>
        <p className={classes.note}>Everything that made it. The same recipe gives the same picture again.</p>
        {recipe.isError && <p role="alert">{asProblem(recipe.error).message}</p>}
        {recipe.data && <RecipeTable recipe={recipe.data} />}
      </div>
    </div>
  );
}

/** Why others do not see it, and what its owner can do. */
function Withheld({ image }: { image: Image }) {
  return (
    <p className={classes.why} role="status">
      {image.state === 'held' ? 'Nobody else sees this picture for now. ' : 'This picture is refused. '}
      {image.state_reason} <Link to="/decisions">Your decisions</Link>
    </p>
  );
}

interface ActionsProps {
  image: Image;
  generation: Generation | null;
  prompt: string;
  onReuse: () => void;
  onDeleted: () => void;
}

function Actions({ image, generation, prompt, onReuse, onDeleted }: ActionsProps) {
  const { copy, copied } = useClipboard();
  const [isAdding, setAdding] = useState(false);
  const mark = useFavourite();
  const remove = useDelete();
  const takeOver = useComposer((composer) => composer.reuse);
  const reuse = (made: Generation) => {
    takeOver(made, image.seed ?? made.seed);
    onReuse();
  };
  return (
    <div className={classes.actions}>
      {image.state === 'approved' && (
        <Button
          component="a"
          href={image.download_url}
          download={`figment-${image.id}.png`}
          leftSection={<IconDownload size={18} />}
          data-autofocus
        >
          Download
        </Button>
      )}
      <Button
        variant="default"
        aria-pressed={image.favourite}
        leftSection={image.favourite ? <IconStarFilled size={18} /> : <IconStar size={18} />}
        onClick={() => mark.mutate({ images: [image.id], favourite: !image.favourite })}
      >
        Favourite
      </Button>
      <Button variant="default" leftSection={<IconCollection size={18} />} onClick={() => setAdding(true)}>
        Add to a collection
      </Button>
      {generation && (
        <Button variant="default" leftSection={<IconReuse size={18} />} onClick={() => reuse(generation)}>
          Use these settings
        </Button>
      )}
      {image.recipe_url !== null && (
        <Button
          component="a"
          variant="default"
          href={image.recipe_url}
          download={`figment-${image.id}.recipe.json`}
          leftSection={<IconRecipe size={18} />}
        >
          Recipe
        </Button>
      )}
      <Button
        variant="default"
        leftSection={copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
        onClick={() => copy(prompt)}
      >
        {copied ? 'Copied' : 'Copy prompt'}
      </Button>
      <Button
        variant="default"
        leftSection={<IconTrash size={18} />}
        onClick={() => {
          remove({ words: 'Deleted the picture.', images: [image.id] });
          onDeleted();
        }}
      >
        Delete
      </Button>
      {image.state === 'approved' && <ShareLink image={image} />}
      {isAdding && <CollectionDialog images={[image.id]} onClose={() => setAdding(false)} />}
    </div>
  );
}
