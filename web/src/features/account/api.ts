import { useInfiniteQuery, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { SESSION_KEY } from '@/shared/api/queryClient';
import type { Person, Show } from './types';

const ACCOUNT = ['account'] as const;
const TOKENS = ['tokens'] as const;
const PEOPLE = ['people'] as const;
const INVITES = ['invites'] as const;
const AUDIT = ['audit'] as const;

export function useSignInOptions() {
  return useQuery({
    queryKey: ['sign-in'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/sign-in', { signal })),
    staleTime: Infinity,
  });
}

export function useAccount() {
  return useQuery({ queryKey: ACCOUNT, queryFn: ({ signal }) => dataOf(api.GET('/api/account', { signal })) });
}

export function useTokens(isAccount: boolean) {
  return useQuery({
    queryKey: TOKENS,
    queryFn: ({ signal }) => dataOf(api.GET('/api/tokens', { signal })),
    enabled: isAccount,
  });
}

export function useMembers(show: Show, search: string) {
  return useInfiniteQuery({
    queryKey: [...PEOPLE, show, search],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/people', {
          params: { query: { show, search, ...(pageParam && { before: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function useInvites(isAdmin: boolean) {
  return useQuery({
    queryKey: INVITES,
    queryFn: ({ signal }) => dataOf(api.GET('/api/invites', { signal })),
    enabled: isAdmin,
  });
}

export function useAudit() {
  return useInfiniteQuery({
    queryKey: AUDIT,
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/audit', { params: { query: { ...(pageParam !== null && { before: pageParam }) } }, signal }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

/** Asks again for everything that this page shows of accounts. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await Promise.all(
      [ACCOUNT, TOKENS, PEOPLE, INVITES, AUDIT].map((queryKey) => client.invalidateQueries({ queryKey })),
    );
  };
}

const isSession = (key: readonly unknown[]) => key[0] === SESSION_KEY[0];

/** Somebody else is here now: what was read for the person before is forgotten. */
export async function becomes(client: QueryClient, person: Person | null): Promise<void> {
  client.setQueryData(SESSION_KEY, person);
  await client.resetQueries({ predicate: ({ queryKey }) => !isSession(queryKey) });
}
