import { useState } from 'react';
import { Button, Loader, UnstyledButton } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { IconPlus } from '@/shared/ui/icons';
import { useAddToCollection, useCollections, useCreateCollection } from '../library';
import { useNotes } from '../notes';
import { count } from '../rules';
import type { Collection } from '../types';
import { Cover } from './Cover';
import { Dialog } from '@/shared/ui/Dialog';
import { NameDialog } from './NameDialog';
import classes from './CollectionDialog.module.css';

interface Props {
  images: readonly string[];
  onClose: () => void;
}

/** Puts pictures into a collection: one of those that there are, or a new one. */
export function CollectionDialog({ images, onClose }: Props) {
  const [isNaming, setNaming] = useState(false);
  const collections = useCollections();
  const add = useAddToCollection();
  const create = useCreateCollection();
  const tell = useNotes((notes) => notes.tell);
  const done = (name: string) => {
    tell(`${count(images.length, 'picture')} in “${name}”.`);
    onClose();
  };

  if (isNaming) {
    return (
      <NameDialog
        title="New collection"
        action="Create"
        onName={async (name) => done((await create.mutateAsync({ name, images })).name)}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog title={`Add ${count(images.length, 'picture')} to`} onClose={onClose}>
      <Button
        variant="default"
        fullWidth
        leftSection={<IconPlus size={18} />}
        data-autofocus
        onClick={() => setNaming(true)}
      >
        New collection
      </Button>
      {collections.isPending && <Loader size="sm" type="dots" aria-label="Reading the collections" />}
      {(add.isError || collections.isError) && (
        <p role="alert" className={classes.bad}>
          {asProblem(add.error ?? collections.error).message}
        </p>
      )}
      <ul className={classes.list} aria-label="Collections">
        {collections.data?.map((collection: Collection) => (
          <li key={collection.id}>
            <UnstyledButton
              className={classes.row}
              disabled={add.isPending}
              onClick={() => add.mutate({ id: collection.id, images }, { onSuccess: () => done(collection.name) })}
            >
              <Cover collection={collection} />
              <span className={classes.name}>{collection.name}</span>
              <span className={classes.count}>{collection.images}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
