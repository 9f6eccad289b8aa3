import { useCallback, useRef } from 'react';
import { VisuallyHidden } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useSession } from '@/shared/session/useSession';
import { useHistory, useJobEvents } from '../api';
import { Composer } from './Composer';
import { Examples } from './Examples';
import { ImageDialog } from './ImageDialog';
import { Wall } from './Wall';
import { WallHeader } from './WallHeader';
import { Welcome } from './Welcome';
import classes from './StudioPage.module.css';

const route = getRouteApi('/studio');

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

function Studio() {
  useJobEvents();
  const { q = '', image } = route.useSearch();
  const navigate = route.useNavigate();
  const history = useHistory(q);
  const prompt = useRef<HTMLTextAreaElement>(null);
  const generations = history.data?.pages.flatMap((page) => page.items) ?? [];
  const isNew = history.isSuccess && q === '' && generations.length === 0;
  const focusPrompt = useCallback(() => prompt.current?.focus(), []);
  // What was just asked for appears at the top of everything, not of a search.
  const showNewest = () => {
    void navigate({ search: {}, replace: true, resetScroll: false });
    window.scrollTo({ top: 0, behavior: 'smooth' });
  };

  return (
    <>
      {isNew && <Welcome />}
      <Composer promptRef={prompt} isStill={isNew} onSent={showNewest} />
      {isNew ? <Examples onPick={focusPrompt} /> : <WallHeader q={q} />}
      <Wall history={history} generations={generations} q={q} onReuse={focusPrompt} />
      {image !== undefined && <ImageDialog id={image} generations={generations} onReuse={focusPrompt} />}
    </>
  );
}
