import { useEffect, useEffectEvent } from 'react';
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { stream } from '@/shared/realtime/stream';
import { maskOf, touchesFrame, type Stroke } from './mask';
import { useAtlas } from './store';
import type { Edit, EditProgress, Manifest, NewEdit, NewWorld, Point, Rect, TileChange } from './types';
import type { TileRange } from './versions';

export const WORLDS = ['atlas', 'worlds'] as const;
export const worldKey = (world: string) => ['atlas', 'world', world] as const;
const editsKey = (world: string) => ['atlas', 'edits', world] as const;
const PAGE_SIZE = 40;
const MOST_PENDING = 100;

export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: async () => (await dataOf(api.GET('/api/models'))).items,
  });
}

export function useModel(name: string | null) {
  const { data } = useModels();
  return data?.find((card) => card.name === name) ?? data?.find((card) => card.default) ?? data?.[0];
}

export function useWorlds() {
  return useQuery({
    queryKey: WORLDS,
    queryFn: async () => (await dataOf(api.GET('/api/atlas/worlds'))).items,
  });
}

export function useWorld(world: string) {
  return useQuery({
    queryKey: worldKey(world),
    queryFn: () => dataOf(api.GET('/api/atlas/worlds/{world}', { params: { path: { world } } })),
  });
}

export function useNewWorld() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewWorld) => dataOf(api.POST('/api/atlas/worlds', { body })),
    onSuccess: (world) => {
      client.setQueryData(worldKey(world.slug), world);
      return client.invalidateQueries({ queryKey: WORLDS });
    },
  });
}

export const askManifest =
  (world: string) =>
  ({ z, x0, y0, x1, y1 }: TileRange): Promise<Manifest> =>
    dataOf(
      api.GET('/api/atlas/worlds/{world}/manifest', {
        params: { path: { world }, query: { z, x0, y0, x1, y1 } },
      }),
    );

const pendingKey = (world: string) => [...editsKey(world), 'pending'] as const;

export function usePendingEdits(world: string) {
  return useQuery({
    queryKey: pendingKey(world),
    queryFn: async () => {
      const query = { pending: true, limit: MOST_PENDING };
      return (await dataOf(api.GET('/api/atlas/worlds/{world}/edits', { params: { path: { world }, query } }))).items;
    },
  });
}

const boxWords = ({ x, y, width, height }: Rect) =>
  [Math.floor(x), Math.floor(y), Math.ceil(x + width), Math.ceil(y + height)].join(',');

/** What was made within that part of the world, newest first. */
export function useEditHistory(world: string, within: Rect | null) {
  const bbox = within === null ? '' : boxWords(within);
  return useInfiniteQuery({
    queryKey: [...editsKey(world), 'history', bbox],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/atlas/worlds/{world}/edits', {
          params: {
            path: { world },
            query: { bbox, pending: false, limit: PAGE_SIZE, ...(pageParam !== null && { before: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    enabled: within !== null,
  });
}

export function usePicked(world: string, at: Point | null) {
  const [x, y] = at === null ? [0, 0] : [Math.floor(at.x), Math.floor(at.y)];
  return useQuery({
    queryKey: ['atlas', 'at', world, x, y],
    queryFn: async () => {
      const params = { path: { world }, query: { x, y } };
      return (await dataOf(api.GET('/api/atlas/worlds/{world}/at', { params }))).edit;
    },
    enabled: at !== null,
    staleTime: 0,
  });
}

/** A mask is an image like any other that one gives. */
async function uploadMask(png: Blob): Promise<string> {
  const form = new FormData();
  form.append('file', png, 'mask.png');
  return (await dataOf(api.POST('/api/images', { body: { file: '' }, bodySerializer: () => form }))).id;
}

interface Marked {
  strokes: readonly Stroke[];
}

type Painting = NewEdit & Marked;

/** What is asked for, with what the brush has marked as its mask. */
async function masked<T extends Rect>({ strokes, ...asked }: T & Marked) {
  const isMasked = touchesFrame(strokes, asked);
  return isMasked ? { ...asked, mask: await uploadMask(await maskOf(strokes, asked)) } : asked;
}

async function paint(world: string, painting: Painting): Promise<Edit> {
  const body = (await masked(painting)) as NewEdit;
  return dataOf(api.POST('/api/atlas/worlds/{world}/edits', { params: { path: { world } }, body }));
}

async function erase(world: string, asked: Rect & Marked): Promise<Edit> {
  const body = (await masked(asked)) as Rect;
  return dataOf(api.POST('/api/atlas/worlds/{world}/erasures', { params: { path: { world } }, body }));
}

/** Asks for something in the frame, which stays as it is until the answer. */
function useInFrame<T>(ask: (asked: T) => Promise<Edit>) {
  return useMutation({
    mutationFn: ask,
    onMutate: () => useAtlas.setState({ isAwaiting: true }),
    onSuccess: (edit) => {
      useAtlas.getState().hearAnswer(edit);
      useAtlas.setState({ strokes: [], brushPx: null });
    },
    onSettled: () => useAtlas.setState({ isAwaiting: false }),
  });
}

export const usePaint = (world: string) => useInFrame((painting: Painting) => paint(world, painting));

export const useErase = (world: string) => useInFrame((asked: Rect & Marked) => erase(world, asked));

/** An edit with what only its author is told: events go to everybody. */
export function useOwnEdit(world: string, { id, state }: Pick<Edit, 'id' | 'state'>) {
  return useQuery({
    queryKey: [...editsKey(world), 'own', id, state],
    queryFn: () => dataOf(api.GET('/api/atlas/worlds/{world}/edits/{edit}', { params: { path: { world, edit: id } } })),
  });
}

export function useChoose(world: string, edit: string) {
  const hearAnswer = useAtlas((state) => state.hearAnswer);
  return useMutation({
    mutationFn: (candidate: number) =>
      dataOf(
        api.POST('/api/atlas/worlds/{world}/edits/{edit}/choose', {
          params: { path: { world, edit } },
          body: { candidate },
        }),
      ),
    onSuccess: hearAnswer,
  });
}

export function useDiscard(world: string, edit: string) {
  const hearAnswer = useAtlas((state) => state.hearAnswer);
  return useMutation({
    mutationFn: () =>
      dataOf(api.POST('/api/atlas/worlds/{world}/edits/{edit}/discard', { params: { path: { world, edit } } })),
    onSuccess: hearAnswer,
  });
}

type Change = 'undo' | 'redo';

const change = (world: string, edit: string, what: Change): Promise<Edit> => {
  const params = { path: { world, edit } };
  return dataOf(
    what === 'undo'
      ? api.POST('/api/atlas/worlds/{world}/edits/{edit}/undo', { params })
      : api.POST('/api/atlas/worlds/{world}/edits/{edit}/redo', { params }),
  );
};

export function useChangeEdit(world: string) {
  const client = useQueryClient();
  const hearAnswer = useAtlas((state) => state.hearAnswer);
  return useMutation({
    mutationFn: ({ edit, what }: { edit: string; what: Change }) => change(world, edit, what),
    onSuccess: (edit) => {
      hearAnswer(edit);
      return client.invalidateQueries({ queryKey: ['atlas', 'at', world] });
    },
  });
}

const ofJob = (job: string) => ({ params: { path: { job } } });

export function useCancel() {
  return useMutation({ mutationFn: (job: string) => dataOf(api.POST('/api/jobs/{job}/cancel', ofJob(job))) });
}

export function useRetry() {
  return useMutation({ mutationFn: (job: string) => dataOf(api.POST('/api/jobs/{job}/retry', ofJob(job))) });
}

interface Listener {
  onTiles: (changes: readonly TileChange[]) => void;
  /** Events may have been missed. */
  onResumed: () => void;
}

/** Keeps the page of a world in step with its events. Called once, by the page. */
export function useWorldEvents(world: string, { onTiles, onResumed }: Listener): void {
  const client = useQueryClient();
  const heardTiles = useEffectEvent(onTiles);
  const resumed = useEffectEvent(() => {
    useAtlas.getState().forgetHeard();
    void client.invalidateQueries({ queryKey: editsKey(world) });
    void client.invalidateQueries({ queryKey: worldKey(world) });
    onResumed();
  });
  useEffect(() => {
    const stops = [
      stream.on('edit', (data) => {
        const edit = data as Edit;
        useAtlas.getState().hear(edit);
        if (edit.state === 'committed' || edit.state === 'undone')
          void client.invalidateQueries({ queryKey: worldKey(world) });
      }),
      stream.on('progress', (data) => {
        const { edit, progress } = data as { edit: string; progress: EditProgress };
        useAtlas.getState().hearProgress(edit, progress, client.getQueryData<Edit[]>(pendingKey(world)));
      }),
      stream.on('tiles', (data) => heardTiles((data as { tiles: TileChange[] }).tiles)),
      stream.on('world', () => {
        void client.invalidateQueries({ queryKey: worldKey(world) });
        void client.invalidateQueries({ queryKey: WORLDS });
      }),
      stream.onResumed(() => resumed()),
      stream.join(`atlas/${world}`),
    ];
    return () => {
      for (const stop of stops) stop();
      // What was heard of this world is nothing of the next one.
      useAtlas.getState().forgetHeard();
    };
  }, [world, client]);
}
