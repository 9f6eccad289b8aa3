import { useState, type SubmitEvent } from 'react';
import { asProblem, type Problem } from './problem';

/** One thing that is sent to the server: whether it is on its way, and what was wrong with it. `isNothing`: what went wrong need not be told. */
export function useSubmit(isNothing: (error: unknown) => boolean = () => false) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);

  const run = async (action: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
      return true;
    } catch (error) {
      if (!isNothing(error)) setProblem(asProblem(error));
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
