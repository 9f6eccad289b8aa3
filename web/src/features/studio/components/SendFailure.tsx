import { useEffect, useState } from 'react';
import { Button } from '@mantine/core';
import type { Problem } from '@/shared/api/problem';
import { waitWords } from '@/shared/ui/time';
import classes from './SendFailure.module.css';

interface Props {
  problem: Problem | null;
  onRetry: () => void;
}

/** Why nothing was sent, where it was sent from, and when it is worth another try. */
export function SendFailure({ problem, onRetry }: Props) {
  return problem !== null && <Failure key={problem.message} problem={problem} onRetry={onRetry} />;
}

function Failure({ problem, onRetry }: { problem: Problem; onRetry: () => void }) {
  const waitS = useCountdown(problem.retryAfterS ?? 0);
  return (
    <div className={classes.failure}>
      <p role="alert">{problem.message}</p>
      <Button variant="default" disabled={waitS > 0} onClick={onRetry}>
        {waitS > 0 ? `Try again in ${waitWords(waitS)}` : 'Try again'}
      </Button>
    </div>
  );
}

function useCountdown(fromS: number): number {
  const [leftS, setLeftS] = useState(fromS);
  useEffect(() => {
    if (leftS <= 0) return;
    const timer = setTimeout(() => setLeftS(leftS - 1), 1000);
    return () => clearTimeout(timer);
  }, [leftS]);
  return leftS;
}
