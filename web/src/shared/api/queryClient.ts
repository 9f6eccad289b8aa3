import { MutationCache, QueryCache, QueryClient, type Query } from '@tanstack/react-query';
import { asProblem } from './problem';

const MAX_RETRIES = 3;
const RENEW_EVERY_MS = 10_000;

export const SESSION_KEY = ['session'] as const;

/** Only what can heal by itself is asked again: an unreachable server, or one that failed. A 4xx is an answer. */
function shouldRetry(failures: number, error: unknown): boolean {
  const problem = asProblem(error);
  return failures < MAX_RETRIES && (problem.isUnreachable || problem.status >= 500);
}

const isSession = (query: Query) => query.queryKey[0] === SESSION_KEY[0];

/**
 * The session of this tab was ended elsewhere: begin one anew, then ask everything again that was asked for the person before.
 * Seldom, so that a browser that keeps no cookies does not go round in circles.
 */
function sessionRenewal(client: () => QueryClient): (error: unknown) => void {
  let renewedAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (asProblem(error).code !== 'not_signed_in' || Date.now() - renewedAt < RENEW_EVERY_MS) return;
    renewedAt = Date.now();
    void client()
      .refetchQueries({ predicate: isSession })
      .then(() => client().resetQueries({ predicate: (query) => !isSession(query) }));
  };
}

export function createQueryClient(): QueryClient {
  const onError = sessionRenewal(() => client);
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 30_000, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  return client;
}
