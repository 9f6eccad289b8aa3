import { useEffect, useEffectEvent } from 'react';
import { stream } from './stream';

/** Calls `listener` with the data of every event of that name while the component is shown. */
export function useStreamEvent(name: string, listener: (data: unknown) => void): void {
  const heard = useEffectEvent(listener);
  useEffect(() => stream.on(name, (data) => heard(data)), [name]);
}

/** Calls `listener` when the stream is back after a gap: events may have been missed. */
export function useStreamResumed(listener: () => void): void {
  const resumed = useEffectEvent(listener);
  useEffect(() => stream.onResumed(() => resumed()), []);
}
