import { useMutation } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';

const asForm = ({ file }: { file: unknown }) => {
  const form = new FormData();
  form.append('file', file as File);
  return form;
};

/** Ask about a file. The description calls its bytes a string; what is sent is the file. */
export function useVerify() {
  return useMutation({
    mutationFn: (file: File) =>
      dataOf(api.POST('/api/verify', { body: { file: file as unknown as string }, bodySerializer: asForm })),
  });
}
