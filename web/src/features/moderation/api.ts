import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { useStreamEvent } from '@/shared/realtime/hooks';
import type { Shown } from './types';

const CASES = ['cases'] as const;
const OWN = ['own-cases'] as const;
const BLOCKED = ['blocklist'] as const;
const SHARED = ['shared'] as const;

export const ofCase = (id: string) => ({ params: { path: { case: id } } });
export const ofImage = (image: string) => ({ params: { path: { image } } });

export function useCases(state: Shown) {
  return useQuery({
    queryKey: [...CASES, state],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/moderation/cases', { params: { query: { state, limit: 100 } }, signal })),
    // Others report and decide meanwhile.
    refetchInterval: 30_000,
  });
}

export function useCase(id: string) {
  return useQuery({
    queryKey: [...CASES, 'one', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/moderation/cases/{case}', { ...ofCase(id), signal })),
  });
}

export function useBlockList() {
  return useQuery({
    queryKey: BLOCKED,
    queryFn: ({ signal }) => dataOf(api.GET('/api/moderation/blocklist', { signal })),
  });
}

export function useOwnCases() {
  const client = useQueryClient();
  useStreamEvent('notice', () => void client.invalidateQueries({ queryKey: OWN }));
  return useQuery({ queryKey: OWN, queryFn: ({ signal }) => dataOf(api.GET('/api/cases', { signal })) });
}

export function useShared(image: string) {
  return useQuery({
    queryKey: [...SHARED, image],
    queryFn: ({ signal }) => dataOf(api.GET('/api/shared/{image}', { ...ofImage(image), signal })),
  });
}

/** Asks again for everything that these pages show. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await Promise.all([CASES, OWN, BLOCKED, SHARED].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
}
