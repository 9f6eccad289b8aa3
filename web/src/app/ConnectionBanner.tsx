import { useEffect, useState } from 'react';
import { useNetwork } from '@mantine/hooks';
import { useConnection } from '@/shared/realtime/stream';
import { useSession } from '@/shared/session/useSession';
import classes from './ConnectionBanner.module.css';

const PATIENCE_MS = 2_000;

/** Quiet until the server has been away for a moment: a stream that is resumed at once is nobody's business. */
export function ConnectionBanner() {
  const { online } = useNetwork();
  const isLost = useConnection(({ connection }) => connection === 'lost');
  const { failureCount, isPending } = useSession();
  const isAway = !online || isLost || (isPending && failureCount > 0);
  const [isShown, setShown] = useState(false);

  useEffect(() => {
    const timer = setTimeout(() => setShown(isAway), isAway ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [isAway]);

  return (
    <div role="status">
      {isShown && (
        <p className={classes.banner}>
          {online ? 'Figment does not answer just now.' : 'You are offline.'} Pictures being made go on without you;
          this page catches up by itself.
        </p>
      )}
    </div>
  );
}
