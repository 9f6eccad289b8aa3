import { create } from 'zustand';

/** `lost` means that the server does not answer now; the stream keeps trying and says `live` when it is back. */
export type Connection = 'connecting' | 'live' | 'lost';

export const useConnection = create<{ connection: Connection }>(() => ({ connection: 'connecting' }));

const RESUMED = 'resumed';
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 15_000;

/**
 * The one server-sent event stream of a tab.
 *
 * After a dropped line the browser resumes with Last-Event-ID. After a refusal (5xx from a proxy) it gives up, so we open a new
 * stream, which knows no last id; and the very first one starts after the pages were read. Therefore `resumed` tells every
 * listener to read again what it shows, each time that the line opens, and when the server says `reset` (away for too long).
 */
class TabStream {
  private source: EventSource | null = null;
  private readonly events = new EventTarget();
  private readonly names = new Set<string>();
  private delayMs = FIRST_DELAY_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;

  open(): void {
    if (this.source !== null) return;
    const source = new EventSource('/api/events');
    this.source = source;
    source.onopen = () => this.becomeLive();
    source.onerror = () => this.becomeLost(source);
    source.addEventListener('reset', () => this.events.dispatchEvent(new Event(RESUMED)));
    for (const name of this.names) this.forward(source, name);
  }

  close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  on(name: string, listener: (data: unknown) => void): () => void {
    if (!this.names.has(name)) {
      this.names.add(name);
      if (this.source !== null) this.forward(this.source, name);
    }
    const heard = (event: Event) => listener((event as CustomEvent).detail);
    this.events.addEventListener(name, heard);
    return () => this.events.removeEventListener(name, heard);
  }

  onResumed(listener: () => void): () => void {
    this.events.addEventListener(RESUMED, listener);
    return () => this.events.removeEventListener(RESUMED, listener);
  }

  private forward(source: EventSource, name: string): void {
    source.addEventListener(name, (message: MessageEvent<string>) => {
      this.events.dispatchEvent(new CustomEvent(name, { detail: JSON.parse(message.data) as unknown }));
    });
  }

  private becomeLive(): void {
    this.delayMs = FIRST_DELAY_MS;
    useConnection.setState({ connection: 'live' });
    this.events.dispatchEvent(new Event(RESUMED));
  }

  private becomeLost(source: EventSource): void {
    useConnection.setState({ connection: 'lost' });
    if (source.readyState !== EventSource.CLOSED) return;
    this.close();
    this.timer = setTimeout(() => this.open(), this.delayMs);
    this.delayMs = Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
  }
}

export const stream = new TabStream();
