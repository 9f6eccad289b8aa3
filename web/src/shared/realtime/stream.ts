import { create } from 'zustand';

/** `lost` means that the server does not answer now; the stream keeps trying and says `live` when it is back. */
export type Connection = 'connecting' | 'live' | 'lost';

export const useConnection = create<{ connection: Connection }>(() => ({ connection: 'connecting' }));

const RESUMED = 'resumed';
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 15_000;

/**
 * A stream of server-sent events.
 *
 * After a dropped line the browser resumes with Last-Event-ID. After a refusal (5xx from a proxy) it gives up, so we open a new
 * stream, which knows no last id; and the very first one starts after the pages were read. Therefore `resumed` tells every
 * listener to read again what it shows, each time that the line opens, and when the server says `reset` (away for too long).
 */
export class EventStream {
  private source: EventSource | null = null;
  private readonly events = new EventTarget();
  private readonly names = new Set<string>();
  private delayMs = FIRST_DELAY_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private place: string | null = null;

  constructor(
    private readonly address: string,
    private readonly tell: (connection: Connection) => void = () => undefined,
  ) {}

  open(): void {
    if (this.source !== null) return;
    const source = new EventSource(this.place === null ? this.address : `${this.address}?also=${this.place}`);
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

  /**
   * Hears what a place tells as well, such as `atlas/commons`, until the function that this gives is called. Of two places the last one is
   * heard. The line is opened anew, and not a second one beside it: a browser has six a host, and this tab is not alone.
   */
  join(place: string): () => void {
    this.change(place);
    return () => {
      if (this.place === place) this.change(null);
    };
  }

  private change(place: string | null): void {
    this.place = place;
    if (this.source === null) return;
    this.close();
    this.open();
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
    this.tell('live');
    this.events.dispatchEvent(new Event(RESUMED));
  }

  private becomeLost(source: EventSource): void {
    this.tell('lost');
    if (source.readyState !== EventSource.CLOSED) return;
    this.close();
    this.timer = setTimeout(() => this.open(), this.delayMs);
    this.delayMs = Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
  }
}

/** The one stream of a tab: of what is mine, and of the place that is looked at. */
export const stream = new EventStream('/api/events', (connection) => useConnection.setState({ connection }));
