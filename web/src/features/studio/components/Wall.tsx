import { useEffect } from 'react';
import { Button, Loader, VisuallyHidden } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { asProblem } from '@/shared/api/problem';
import type { useHistory } from '../api';
import { isFiltered, type Filters } from '../filters';
import type { Collection, Generation } from '../types';
import { EmptyView } from './EmptyView';
import { GenerationGroup } from './GenerationGroup';
import { useSpokenProgress } from './useSpokenProgress';
import classes from './Wall.module.css';

interface Props {
  history: ReturnType<typeof useHistory>;
  generations: readonly Generation[];
  filters: Filters;
  collection: Collection | null;
  onClear: () => void;
  onReuse: () => void;
}

/** Everything one made, the newest first and largest. It grows as one scrolls. */
export function Wall({ history, generations, filters, collection, onClear, onReuse }: Props) {
  const isAll = !isFiltered(filters);
  const isEmpty = history.isSuccess && !history.hasNextPage && generations.length === 0;
  const spoken = useSpokenProgress(generations);
  return (
    <section aria-label="What you made" aria-busy={history.isPending}>
      <VisuallyHidden role="status">{spoken}</VisuallyHidden>
      {history.isPending && <Ghosts />}
      {!isAll && isEmpty && <EmptyView filters={filters} collection={collection} onClear={onClear} />}
      <div className={classes.wall}>
        {generations.map((generation, index) => (
          <GenerationGroup
            key={generation.id}
            generation={generation}
            isLarge={index === 0 && isAll}
            onReuse={onReuse}
          />
        ))}
      </div>
      <More history={history} />
    </section>
  );
}

function Ghosts() {
  return (
    <div className={classes.wall} aria-hidden="true">
      {[1, 2, 3, 4].map((each) => (
        <div key={each} className={classes.ghost} />
      ))}
    </div>
  );
}

function More({ history }: { history: ReturnType<typeof useHistory> }) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = history;
  const { ref, entry } = useIntersection({ rootMargin: '800px' });
  const isNear = entry?.isIntersecting ?? false;

  useEffect(() => {
    if (isNear && hasNextPage && !isFetchingNextPage && error === null) void fetchNextPage();
  }, [isNear, hasNextPage, isFetchingNextPage, fetchNextPage, error]);

  return (
    <div className={classes.more} ref={ref}>
      {isFetchingNextPage && <Loader size="sm" type="dots" aria-label="Reading more" />}
      {error !== null && (
        <>
          <p role="alert">{asProblem(error).message}</p>
          <Button variant="default" onClick={() => void (hasNextPage ? fetchNextPage() : history.refetch())}>
            Read again
          </Button>
        </>
      )}
    </div>
  );
}
