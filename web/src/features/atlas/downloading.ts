import { useEffect, useRef, useState } from 'react';
import { asProblem, readProblem, unreachable, type Problem } from '@/shared/api/problem';

/** Files that take long to make: fetched by the page itself, so that it can say how far they are, what went wrong, and stop them. */

interface Fetched {
  file: Blob;
  name: string;
}

const NAME = /filename="([^"]+)"/;

async function opened(address: string, signal: AbortSignal): Promise<Response> {
  const answer = await fetch(address, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw unreachable();
  });
  if (answer.ok) return answer;
  throw readProblem(answer, await answer.json().catch(() => null));
}

/** The browser keeps what is large on its disk: the pieces are counted on their way, and never held here. */
async function fetchFile(
  address: string,
  signal: AbortSignal,
  onBytes: (received: number, total: number | null) => void,
): Promise<Fetched> {
  const answer = await opened(address, signal);
  const length = answer.headers.get('content-length');
  const total = length === null ? null : Number(length);
  let received = 0;
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, out) {
      received += piece.byteLength;
      onBytes(received, total);
      out.enqueue(piece);
    },
  });
  const type = answer.headers.get('content-type') ?? '';
  const counted = new Response(answer.body?.pipeThrough(counting), { headers: { 'content-type': type } });
  const name = NAME.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'map';
  return { file: await counted.blob(), name };
}

function save({ file, name }: Fetched): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // A browser may begin to read it only a moment after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export type Download =
  | { state: 'idle' }
  | { state: 'busy'; received: number; total: number | null }
  | { state: 'saved'; name: string; bytes: number }
  | { state: 'failed'; problem: Problem };

/** One download at a time; it ends with the component. */
export function useDownload(): { download: Download; start: (address: string) => Promise<void>; stop: () => void } {
  const [download, setDownload] = useState<Download>({ state: 'idle' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (address: string) => {
    const control = new AbortController();
    running.current = control;
    setDownload({ state: 'busy', received: 0, total: null });
    try {
      const fetched = await fetchFile(address, control.signal, (received, total) =>
        setDownload({ state: 'busy', received, total }),
      );
      save(fetched);
      setDownload({ state: 'saved', name: fetched.name, bytes: fetched.file.size });
    } catch (error) {
      if (control.signal.aborted) setDownload({ state: 'idle' });
      // A connection that broke off on the way is no answer either.
      else setDownload({ state: 'failed', problem: error instanceof TypeError ? unreachable() : asProblem(error) });
    }
  };
  return { download, start, stop: () => running.current?.abort() };
}
