import { Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/shared/api/client';
import { useSubmit } from '../useSubmit';
import { Failure, Section } from './parts';

const PREFERENCES = ['preferences'] as const;

/** Whether what I download says what I asked for. */
export function Files() {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: PREFERENCES,
    queryFn: ({ signal }) => dataOf(api.GET('/api/preferences', { signal })),
  });
  const { run, problem, isBusy } = useSubmit();
  const choose = (isTold: boolean) => async () => {
    const changed = await dataOf(api.PATCH('/api/preferences', { body: { prompt_in_files: isTold } }));
    client.setQueryData(PREFERENCES, changed);
  };
  return (
    <Section
      title="What your files say"
      lead="Every picture that you download says that a model made it, and with which. The prompt can stand in it, too."
    >
      <Failure problem={problem} />
      <Switch
        label="Write the prompt into the files that I download"
        checked={data?.prompt_in_files ?? true}
        disabled={data === undefined || isBusy}
        onChange={(event) => void run(choose(event.currentTarget.checked))}
      />
    </Section>
  );
}
