import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { asProblem } from '@/shared/api/problem';
import { SESSION_KEY } from '@/shared/api/queryClient';

/** Who is here. The first call makes a guest, so that everyone can create at once; null where the server lets no guests in. */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async () => {
      try {
        return (await dataOf(api.POST('/api/session'))).person;
      } catch (error) {
        if (asProblem(error).code === 'not_signed_in') return null;
        throw error;
      }
    },
    staleTime: Infinity,
    retry: true,
    retryDelay: (failures) => Math.min(1000 * 2 ** failures, 15_000),
  });
}
