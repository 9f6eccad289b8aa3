import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { useStreamEvent, useStreamResumed } from '@/shared/realtime/hooks';

export const NOTICES_KEY = ['notices'] as const;

/** What I was told, and how much of it I have not seen. Read anew when the stream says that there is more. */
export function useNotices(isSomebody: boolean) {
  const client = useQueryClient();
  const readAnew = () => void client.invalidateQueries({ queryKey: NOTICES_KEY });
  useStreamEvent('notice', readAnew);
  useStreamResumed(readAnew);
  return useQuery({
    queryKey: NOTICES_KEY,
    queryFn: ({ signal }) => dataOf(api.GET('/api/notices', { signal })),
    enabled: isSomebody,
  });
}
