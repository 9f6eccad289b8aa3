import { useCallback, useEffect, useMemo, useRef } from 'react';
import { VisuallyHidden } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useSession } from '@/shared/session/useSession';
import { useHistory, useJobEvents } from '../api';
import { FILTER_NAMES, isFiltered } from '../filters';
import { useCollections } from '../library';
import { hiddenIds, useNotes } from '../notes';
import { imagesOf, removeGenerations, removeImages } from '../rules';
import { useSelection } from '../selection';
import { useFilters } from '../useFilters';
import { Composer } from './Composer';
import { Examples } from './Examples';
import { ImageDialog } from './ImageDialog';
import { Notes } from './Notes';
import { SelectionBar } from './SelectionBar';
import { Wall } from './Wall';
import { WallHeader } from './WallHeader';
import { Welcome } from './Welcome';
import classes from './StudioPage.module.css';

const route = getRouteApi('/studio');
const NO_FILTER = Object.fromEntries(FILTER_NAMES.map((name) => [name, null]));

/** The studio waits for a session: without one the server does not know whose history to read. */
export function StudioPage() {
  const { isSuccess } = useSession();
  return (
    <div className={classes.page}>
      <title>Studio · Figment</title>
      <VisuallyHidden component="h1">Studio</VisuallyHidden>
      {isSuccess && <Studio />}
    </div>
  );
}

/** What is deleted already as far as the eye can see is left out. */
function useShown(history: ReturnType<typeof useHistory>) {
  const doomed = useNotes(({ doomed }) => doomed);
  const sending = useNotes(({ sending }) => sending);
  const pages = history.data?.pages;
  const generations = useMemo(() => {
    const [images, whole] = [hiddenIds({ doomed, sending }, 'images'), hiddenIds({ doomed, sending }, 'generations')];
    return removeGenerations(removeImages(pages ?? [], images), whole).flatMap((page) => page.items);
  }, [pages, doomed, sending]);
  const images = useMemo(() => imagesOf(generations), [generations]);
  const setOrder = useSelection((selection) => selection.setOrder);
  useEffect(() => setOrder(images.map(({ id }) => id)), [images, setOrder]);
  return { generations, images };
}

function useShownCollections() {
  const { data } = useCollections();
  const doomed = useNotes(({ doomed }) => doomed);
  const sending = useNotes(({ sending }) => sending);
  const hidden = hiddenIds({ doomed, sending }, 'collections');
  return data?.filter(({ id }) => !hidden.has(id)) ?? [];
}

function Studio() {
  useJobEvents();
  const { image } = route.useSearch();
  const { filters, change } = useFilters();
  const navigate = route.useNavigate();
  const history = useHistory(filters);
  const { generations, images } = useShown(history);
  const collections = useShownCollections();
  const collection = collections.find(({ id }) => id === filters.collection) ?? null;
  const isSelecting = useSelection(({ isOn }) => isOn);
  const prompt = useRef<HTMLTextAreaElement>(null);
  const isNew = history.isSuccess && !isFiltered(filters) && generations.length === 0 && !history.hasNextPage;
  const focusPrompt = useCallback(() => prompt.current?.focus(), []);
  // What was just asked for appears at the top of everything, not of what a filter leaves.
  const showNewest = () => {
    void navigate({ search: {}, replace: true, resetScroll: false });
    window.scrollTo({ top: 0, behavior: 'smooth' });
  };

  return (
    <>
      {isNew && <Welcome />}
      <Composer promptRef={prompt} isStill={isNew} onSent={showNewest} />
      {isNew ? (
        <Examples onPick={focusPrompt} />
      ) : (
        <WallHeader filters={filters} collections={collections} collection={collection} change={change} />
      )}
      <Wall
        history={history}
        generations={generations}
        filters={filters}
        collection={collection}
        onClear={() => change(NO_FILTER)}
        onReuse={focusPrompt}
      />
      {image !== undefined && <ImageDialog id={image} generations={generations} onReuse={focusPrompt} />}
      {isSelecting && <SelectionBar shown={images} collection={collection} />}
      <Notes />
    </>
  );
}
