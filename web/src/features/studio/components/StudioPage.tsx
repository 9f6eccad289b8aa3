import { useRef } from 'react';
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
      <VisuallyHidden component="h1">Studio</VisuallyHidden>
      {isSuccess && <Studio />}
    </div>
  );
}

function Studio() {
  useJobEvents();
  const { q = '', image } = route.useSearch();
  const history = useHistory(q);
  const prompt = useRef<HTMLTextAreaElement>(null);
  const generations = history.data?.pages.flatMap((page) => page.items) ?? [];
  const isNew = history.isSuccess && q === '' && generations.length === 0;
  const focusPrompt = () => prompt.current?.focus();

  return (
    <>
      {isNew && <Welcome />}
      <Composer promptRef={prompt} isStill={isNew} />
      {isNew ? <Examples onPick={focusPrompt} /> : <WallHeader q={q} />}
      <Wall history={history} generations={generations} q={q} onReuse={focusPrompt} />
      {image !== undefined && <ImageDialog id={image} generations={generations} onReuse={focusPrompt} />}
    </>
  );
}
