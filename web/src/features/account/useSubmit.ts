import { useState, type SubmitEvent } from 'react';
import { asProblem, type Problem } from '@/shared/api/problem';
import { PasskeyCancelled } from './passkeys';

/** One thing that is sent to the server: whether it is on its way, and what was wrong with it. */
export function useSubmit() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);

  const run = async (action: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
      return true;
    } catch (error) {
      if (!(error instanceof PasskeyCancelled)) setProblem(asProblem(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (action: () => Promise<unknown>) => (event: SubmitEvent) => {
    event.preventDefault();
    void run(action);
  };
  const field = (name: string): string | undefined => problem?.fields.find((one) => one.field === name)?.message;
  const fieldless = problem && problem.fields.length === 0 ? problem : null;

  return { run, onSubmit, isBusy, problem, fieldless, field, clear: () => setProblem(null) };
}
