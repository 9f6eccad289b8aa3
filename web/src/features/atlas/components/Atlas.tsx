import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useDebouncedCallback } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useWorldEvents } from '../api';
import { frameAround, inView, openSpot } from '../frame';
import { Cursors } from './Cursors';
import { Following } from './PeopleMenu';
import { useFollowing, usePresence } from '../people/usePresence';
import { formatPlace, homeOf, parsePlace } from '../rules';
import { useAtlas } from '../store';
import type { ModelCard, Rect, View, World } from '../types';
import { Composer } from './Composer';
import { Coordinates } from './Coordinates';
import { EditHistory } from './EditHistory';
import { FrameBox } from './FrameBox';
import { MinimapView } from './MinimapView';
import { PendingFrames } from './PendingFrames';
import { PlaceCard } from './PlaceCard';
import { Pointed } from './Pointed';
import { SpokenNews } from './SpokenNews';
import { TopBar } from './TopBar';
import { useWorldMap } from './useWorldMap';
import { ZoomButtons } from './ZoomButtons';
import classes from './AtlasPage.module.css';

const REST_MS = 250;
/** The part in view is asked about in whole tiles, so that a small step asks nothing new. */
const GRAIN = 512;

function grainOf(rect: Rect): Rect {
  const x = Math.floor(rect.x / GRAIN) * GRAIN;
  const y = Math.floor(rect.y / GRAIN) * GRAIN;
  return {
    x,
    y,
    width: Math.ceil((rect.x + rect.width) / GRAIN) * GRAIN - x,
    height: Math.ceil((rect.y + rect.height) / GRAIN) * GRAIN - y,
  };
}

interface Props {
  world: World;
  model: ModelCard;
  /** The last part of the address. */
  place: string;
}

/** The address follows the view; an address that somebody else set moves the view. */
function useAddress(world: string, place: string, jump: ((view: View) => void) | undefined) {
  const navigate = useNavigate();
  const written = useRef(place);
  useEffect(() => {
    if (jump === undefined || place === written.current) return;
    written.current = place;
    const { view } = parsePlace(place);
    if (view !== null) jump(view);
  }, [place, jump]);
  return useDebouncedCallback((view: View) => {
    const next = formatPlace(world, view);
    if (next === written.current) return;
    written.current = next;
    void navigate({ to: '/atlas/$place', params: { place: next }, replace: true, resetScroll: false });
  }, REST_MS);
}

export function Atlas({ world, model, place }: Props) {
  const target = useRef<HTMLDivElement>(null);
  const prompt = useRef<HTMLTextAreaElement>(null);
  const [within, setWithin] = useState<Rect | null>(null);
  const bounds = model.size;

  const start = (width: number, height: number) => parsePlace(place).view ?? homeOf(world, width, height);
  const lookAround = useDebouncedCallback(() => {
    const { camera } = useAtlas.getState();
    if (camera !== null) setWithin(grainOf(inView(camera)));
  }, REST_MS);
  const opened = useAtlas((state) => state.opened);
  useWorldMap({
    world: world.slug,
    target,
    start,
    bounds,
    onRest: (view) => {
      write(view);
      lookAround();
    },
  });
  const map = opened?.map;
  const write = useAddress(world.slug, place, map && ((view) => map.jumpTo(view)));
  useWorldEvents(world.slug, {
    onTiles: (changes) => opened?.tiles.apply(changes),
    onResumed: () => opened?.tiles.forget(),
  });
  usePresence(world.slug, target);
  useFollowing(target, map);
  useFirstFrame(model, world.may_paint);
  const isHistoryOpen = useAtlas((state) => state.isHistoryOpen);

  const byKey = ({ key, target: on, currentTarget }: KeyboardEvent) => {
    if (on !== currentTarget) return;
    const { camera } = useAtlas.getState();
    if (key === '0') goHome();
    if (key === 'Enter' && camera !== null) useAtlas.setState({ picked: { x: camera.x, y: camera.y } });
  };
  const goHome = () => {
    const { camera } = useAtlas.getState();
    if (camera !== null) map?.flyTo(homeOf(world, camera.width, camera.height));
  };

  return (
    <>
      <div
        ref={target}
        className={classes.map}
        tabIndex={0}
        role="application"
        aria-label={`Map of ${world.name}. Arrow keys move, plus and minus zoom, 0 goes home, Enter tells what made the middle.`}
        onKeyDown={byKey}
      />
      <PendingFrames world={world.slug} />
      <Pointed />
      {world.may_paint && <FrameBox bounds={bounds} onEnter={() => prompt.current?.focus()} />}
      <Cursors />
      <div className={classes.over} data-history={isHistoryOpen || undefined}>
        {world.bounds === null && world.terrain === null && world.may_paint && <Invitation />}
        <TopBar world={world} within={within} map={map} />
        <Following />
        {map && <ZoomButtons map={map} onHome={goHome} />}
        {opened && <MinimapView map={opened.map} tiles={opened.tiles} />}
        <Coordinates target={target} map={map} />
        {map && <EditHistory world={world} within={within} map={map} />}
        <PlaceCard
          world={world}
          bounds={bounds}
          onMore={() => prompt.current?.focus()}
          onClosed={() => target.current?.focus()}
        />
        <Composer world={world} model={model} promptRef={prompt} />
        <SpokenNews />
      </div>
    </>
  );
}

/** On a first look the frame lies in the middle of what the composer leaves free. */
function useFirstFrame({ native_size, size }: ModelCard, isWanted: boolean): void {
  const isDrawn = useAtlas(({ camera }) => camera !== null);
  const hasFrame = useAtlas(({ frame }) => frame !== null);
  useEffect(() => {
    const { camera } = useAtlas.getState();
    if (!isWanted || !isDrawn || hasFrame || camera === null) return;
    useAtlas.setState({ frame: frameAround(openSpot(camera), native_size, native_size, size) });
  }, [isWanted, isDrawn, hasFrame, native_size, size]);
}

/** Nobody has been here yet: says what one can do. It goes with the first land. */
function Invitation() {
  const isStill = useAtlas(({ heard, isAwaiting }) => heard.size === 0 && !isAwaiting);
  if (!isStill) return null;
  return (
    <div className={classes.invitation}>
      <h2>Nobody has been here yet</h2>
      <p>Put the frame anywhere, say what lies there, and paint the first land.</p>
    </div>
  );
}
