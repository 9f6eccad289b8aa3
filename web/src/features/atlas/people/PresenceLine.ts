import type { Told } from './crowd';

/** Between two messages of ours: more often nobody could see. */
const BEAT_MS = 100;
/** The server takes a page that is silent for twice as long for frozen. */
const SIGN_MS = 4_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;

interface Ends {
  /** The address of the socket. */
  address: string;
  /** What is said of oneself now; null while nothing is drawn yet. */
  look: () => object | null;
  hear: (told: Told) => void;
  /** What was heard until now holds no longer. */
  lost: () => void;
}

/**
 * The line on which a page says where it looks, and hears where others do. It is open while the page is seen, and opens again by itself: those
 * who look elsewhere for a while are not here.
 */
export class PresenceLine {
  private socket: WebSocket | null = null;
  private delayMs = FIRST_DELAY_MS;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setTimeout> | undefined;
  private sign: ReturnType<typeof setInterval> | undefined;
  private said = '';
  private saidAt = 0;
  private readonly seen = () => {
    if (document.hidden) this.hangUp();
    else this.call();
  };

  constructor(private readonly ends: Ends) {}

  open(): void {
    document.addEventListener('visibilitychange', this.seen);
    this.seen();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.seen);
    this.hangUp();
  }

  /** Something of it changed: it is said now, or as soon as one may speak again. */
  say(): void {
    if (this.beat !== undefined) return;
    const wait = this.saidAt + BEAT_MS - performance.now();
    if (wait <= 0) this.speak(false);
    else
      this.beat = setTimeout(() => {
        this.beat = undefined;
        this.speak(false);
      }, wait);
  }

  private call(): void {
    if (this.socket !== null) return;
    clearTimeout(this.retry);
    const socket = new WebSocket(this.ends.address);
    this.socket = socket;
    socket.onopen = () => this.speak(true);
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      this.delayMs = FIRST_DELAY_MS;
      this.ends.hear(JSON.parse(data) as Told);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.hangUp();
      this.retry = setTimeout(() => this.call(), this.delayMs);
      this.delayMs = Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
    };
    this.sign = setInterval(() => this.speak(true), SIGN_MS);
  }

  private hangUp(): void {
    clearTimeout(this.retry);
    clearTimeout(this.beat);
    clearInterval(this.sign);
    this.beat = undefined;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.ends.lost();
  }

  /** `anyway`: also what was said before, as a sign of life. */
  private speak(anyway: boolean): void {
    const look = this.ends.look();
    if (look === null || this.socket?.readyState !== WebSocket.OPEN) return;
    const words = JSON.stringify(look);
    if (words === this.said && !anyway) return;
    this.said = words;
    this.saidAt = performance.now();
    this.socket.send(words);
  }
}
