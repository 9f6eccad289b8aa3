import { Button } from '@mantine/core';
import { filtersInWords, type Filters } from '../filters';
import type { Collection } from '../types';
import classes from './EmptyView.module.css';

interface Props {
  filters: Filters;
  collection: Collection | null;
  onClear: () => void;
}

/** Nothing is found: says what was looked for, and how to see something again. */
export function EmptyView({ filters, collection, onClear }: Props) {
  const isOnlyCollection = collection !== null && Object.keys(filters).length === 1;
  return (
    <div className={classes.empty}>
      {isOnlyCollection ? (
        <p>This collection is empty. Select pictures in what you made, and add them to it.</p>
      ) : (
        <p>
          Nothing you made is all of this: <strong>{filtersInWords(filters, collection?.name).join(', ')}</strong>.
        </p>
      )}
      <Button variant="default" onClick={onClear}>
        {isOnlyCollection ? 'Show everything' : 'Clear the filters'}
      </Button>
    </div>
  );
}
