import { useRef } from 'react';
import {
  replaceEqualDeep,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type QueryClient,
} from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { useStreamEvent, useStreamResumed } from '@/shared/realtime/hooks';
import { useConnection } from '@/shared/realtime/stream';
import { addGeneration, applyJobEvent, holdsGeneration, isUnfinished, mergePages } from './rules';
import { asQuery, filterKey, type Filters } from './filters';
import type { Draft, Job, ModelLoad, Page } from './types';

export const HISTORY = ['studio', 'generations'] as const;
const EVERYTHING = [...HISTORY, ''] as const;
const MODELS = ['models'] as const;
const MODEL_LOAD = ['model-load'] as const;
const PAGE_SIZE = 24;
const POLL_MS = 4_000;

const ofJob = (job: string) => ({ params: { path: { job } } });
const ofImage = (image: string) => ({ params: { path: { image } } });
export const ofGeneration = (generation: string) => ({ params: { path: { generation } } });

export type History = InfiniteData<Page, string | null>;

/** What the server answers goes under what the stream already told: an answer can be older than an event. */
function keepNewest(held: unknown, answered: unknown): unknown {
  if (held === undefined) return answered;
  const fresh = answered as History;
  return replaceEqualDeep(held, { ...fresh, pages: mergePages((held as History).pages, fresh.pages) });
}

export function useHistory(filters: Filters) {
  const isLive = useConnection(({ connection }) => connection === 'live');
  return useInfiniteQuery({
    queryKey: [...HISTORY, filterKey(filters)],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/studio/generations', {
          params: { query: { ...asQuery(filters), limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    structuralSharing: keepNewest,
    // Without the stream, progress is asked for; with it, never.
    refetchInterval: (query) => {
      const jobs = query.state.data?.pages.flatMap((page) => page.items).flatMap((item) => item.jobs) ?? [];
      return !isLive && jobs.some(isUnfinished) ? POLL_MS : false;
    },
  });
}

type Change = (pages: readonly Page[]) => readonly Page[];

export function changeHistory(client: QueryClient, change: Change, filter: readonly unknown[] = HISTORY): void {
  client.setQueriesData<History>({ queryKey: filter }, (held) => {
    if (held === undefined) return held;
    const pages = change(held.pages);
    return pages === held.pages ? held : { ...held, pages: [...pages] };
  });
}

/** Keeps the cached history in step with the stream. Called once, by the page. */
export function useJobEvents(): void {
  const client = useQueryClient();
  /** Events of generations that are being read just now. */
  const early = useRef(new Map<string, Job[]>());
  /** Generations that were read and are not on the pages that are loaded: their events need no reading. */
  const outOfView = useRef(new Set<string>());

  const isHeld = (id: string): boolean => {
    const held = client.getQueryData<History>(EVERYTHING);
    return held === undefined || holdsGeneration(held.pages, id);
  };

  // Made in another tab, or its events overtook the answer that names it: events wait here until the generation itself is read,
  // or one that ends a job would be lost.
  const readUnknown = async (id: string, first: Job) => {
    const waiting = [first];
    early.current.set(id, waiting);
    try {
      const generation = await dataOf(api.GET('/api/studio/generations/{generation}', ofGeneration(id)));
      changeHistory(client, (pages) => addGeneration(pages, generation), EVERYTHING);
      changeHistory(client, (pages) => waiting.reduce(applyJobEvent, pages));
      if (!isHeld(id)) outOfView.current.add(id);
    } catch {
      // Deleted meanwhile, or unreachable: what is resumed is read anew.
      outOfView.current.add(id);
    } finally {
      early.current.delete(id);
    }
  };

  useStreamEvent('job', (data) => {
    const event = data as Job;
    if (event.place !== 'studio') return;
    const waiting = early.current.get(event.ref);
    // What is being read for the first time may be of a moment before this, and nothing tells of an end twice.
    if (!isUnfinished(event))
      void client.resetQueries({ queryKey: HISTORY, predicate: ({ state }) => state.data === undefined });
    if (isHeld(event.ref)) changeHistory(client, (pages) => applyJobEvent(pages, event));
    else if (waiting !== undefined) waiting.push(event);
    else if (!outOfView.current.has(event.ref)) void readUnknown(event.ref, event);
  });
  useStreamEvent('model-load', (data) => client.setQueryData(MODEL_LOAD, data));
  // Something of mine may be held, refused or back.
  useStreamEvent('notice', () => {
    void client.invalidateQueries({ queryKey: HISTORY });
    void client.invalidateQueries({ queryKey: ['images'] });
  });
  useStreamEvent('models', () => void client.invalidateQueries({ queryKey: MODELS }));
  useStreamResumed(() => {
    void client.invalidateQueries({ queryKey: MODELS });
    void client.invalidateQueries({ queryKey: MODEL_LOAD });
    outOfView.current.clear();
    void client.invalidateQueries({ queryKey: HISTORY });
  });
}

/** What an administrator loads now, or loaded last in this tab. */
export function useModelLoad() {
  const client = useQueryClient();
  return useQuery<ModelLoad | null>({
    queryKey: MODEL_LOAD,
    queryFn: async () => {
      const held = client.getQueryData<ModelLoad | null>(MODEL_LOAD);
      if (held == null) return null;
      return dataOf(api.GET('/api/models/loads/{load}', { params: { path: { load: held.id } } }));
    },
    staleTime: Infinity,
  });
}

export function useLoadModel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (model: string) => dataOf(api.POST('/api/models/load', { body: { model } })),
    // What the stream has told meanwhile is newer.
    onSuccess: (load) => client.setQueryData<ModelLoad>(MODEL_LOAD, (told) => (told?.id === load.id ? told : load)),
  });
}

export function useModels() {
  return useQuery({ queryKey: MODELS, queryFn: async () => (await dataOf(api.GET('/api/models'))).items });
}

/** Leaves out what the server is to choose. */
function asRequest({ prompt, negative_prompt, count, ...choices }: Draft) {
  const chosen = Object.fromEntries(Object.entries(choices).filter(([, value]) => value !== null));
  return { prompt, negative_prompt, count, ...chosen };
}

export function useGenerate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (draft: Draft) => dataOf(api.POST('/api/studio/generations', { body: asRequest(draft) })),
    onSuccess: (generation) => {
      changeHistory(client, (pages) => addGeneration(pages, generation), EVERYTHING);
      void client.invalidateQueries({ queryKey: HISTORY, predicate: ({ queryKey }) => queryKey[2] !== '' });
    },
  });
}

function useJobChange(ask: (id: string) => Promise<Job>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: (job) => changeHistory(client, (pages) => applyJobEvent(pages, job)),
  });
}

export const useCancel = () => useJobChange((id) => dataOf(api.POST('/api/jobs/{job}/cancel', ofJob(id))));

export const useRetry = () => useJobChange((id) => dataOf(api.POST('/api/jobs/{job}/retry', ofJob(id))));

export function useImage(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['images', id],
    queryFn: () => dataOf(api.GET('/api/images/{image}', ofImage(id))),
    enabled,
  });
}

export function useRecipe(imageId: string) {
  return useQuery({
    queryKey: ['images', imageId, 'recipe'],
    queryFn: () => dataOf(api.GET('/api/images/{image}/recipe', ofImage(imageId))),
    staleTime: Infinity,
  });
}
