import { useState } from 'react';
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconClose, IconCollection, IconDownload, IconStar, IconStarFilled, IconTrash } from '@/shared/ui/icons';
import { useDelete, useDownload, useFavourite, useRemoveFromCollection } from '../library';
import { useSelection } from '../selection';
import { count } from '../rules';
import type { Collection, Image } from '../types';
import { CollectionDialog } from './CollectionDialog';
import classes from './SelectionBar.module.css';

interface Props {
  shown: readonly Image[];
  collection: Collection | null;
}

/** What can be done with the pictures that are chosen. */
export function SelectionBar({ shown, collection }: Props) {
  const { ids, stop, selectAll, selectNone } = useSelection();
  const [isAdding, setAdding] = useState(false);
  const chosen = shown.filter(({ id }) => ids.has(id));
  useHotkeys([
    ['mod+A', selectAll],
    ['Escape', () => (isAdding ? undefined : stop())],
  ]);
  return (
    <div className={classes.bar} role="toolbar" aria-label="Selected pictures">
      <ActionIcon aria-label="Stop selecting" onClick={stop}>
        <IconClose />
      </ActionIcon>
      <span className={classes.count} role="status">
        {chosen.length} selected
      </span>
      {chosen.length < shown.length ? (
        <Button variant="subtle" color="gray" className={classes.all ?? ''} onClick={selectAll}>
          Select all {shown.length} loaded
        </Button>
      ) : (
        <Button variant="subtle" color="gray" className={classes.all ?? ''} onClick={selectNone}>
          Select none
        </Button>
      )}
      <Actions chosen={chosen} collection={collection} onAdd={() => setAdding(true)} />
      {isAdding && (
        <CollectionDialog
          images={chosen.map(({ id }) => id)}
          // Not before the key that closed it has passed by: Escape would end the selection as well.
          onClose={() => setTimeout(() => setAdding(false))}
        />
      )}
    </div>
  );
}

interface ActionsProps {
  chosen: readonly Image[];
  collection: Collection | null;
  onAdd: () => void;
}

function Actions({ chosen, collection, onAdd }: ActionsProps) {
  const mark = useFavourite();
  const download = useDownload();
  const remove = useDelete();
  const takeOut = useRemoveFromCollection();
  const images = chosen.map(({ id }) => id);
  const isNone = images.length === 0;
  // With some of each, all of them become favourites.
  const favourite = !chosen.every((image) => image.favourite) || isNone;
  return (
    <div className={classes.actions}>
      <Act
        words={favourite ? 'Mark as favourites' : 'Favourites no longer'}
        isNone={isNone}
        onClick={() => mark.mutate({ images, favourite })}
      >
        {favourite ? <IconStar /> : <IconStarFilled />}
      </Act>
      <Act words="Add to a collection" isNone={isNone} onClick={onAdd}>
        <IconCollection />
      </Act>
      {collection !== null && (
        <Button
          variant="subtle"
          color="gray"
          disabled={isNone}
          className={classes.out ?? ''}
          onClick={() => takeOut.mutate({ id: collection.id, images })}
        >
          Take out
        </Button>
      )}
      <Act words="Download" isNone={isNone} isBusy={download.isPending} onClick={() => download.mutate({ images })}>
        <IconDownload />
      </Act>
      <Act
        words="Delete"
        isNone={isNone}
        onClick={() => remove({ words: `Deleted ${count(images.length, 'picture')}.`, images })}
      >
        <IconTrash />
      </Act>
    </div>
  );
}

interface ActProps {
  words: string;
  isNone: boolean;
  isBusy?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}

function Act({ words, isNone, isBusy = false, onClick, children }: ActProps) {
  return (
    <Tooltip label={words}>
      <ActionIcon aria-label={words} disabled={isNone} loading={isBusy} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
