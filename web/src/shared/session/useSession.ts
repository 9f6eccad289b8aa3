import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { SESSION_KEY } from '@/shared/api/queryClient';

/** Who is here. The first call makes a guest, so that everyone can create at once. */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async () => (await dataOf(api.POST('/api/session'))).person,
    staleTime: Infinity,
    retry: true,
    retryDelay: (failures) => Math.min(1000 * 2 ** failures, 15_000),
  });
}
