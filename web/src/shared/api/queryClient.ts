import { QueryClient } from '@tanstack/react-query';
import { asProblem } from './problem';

const MAX_RETRIES = 3;

/** Only what can heal by itself is asked again: an unreachable server, or one that failed. A 4xx is an answer. */
function shouldRetry(failures: number, error: unknown): boolean {
  const problem = asProblem(error);
  return failures < MAX_RETRIES && (problem.isUnreachable || problem.status >= 500);
}

export const createQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 30_000, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
