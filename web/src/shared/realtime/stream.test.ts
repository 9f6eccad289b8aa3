import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventStream } from './stream';

class FakeSource extends EventTarget {
  static all: FakeSource[] = [];
  static readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly address: string) {
    super();
    FakeSource.all.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  say(name: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }
}

const opened = () => FakeSource.all.filter(({ readyState }) => readyState !== FakeSource.CLOSED);

beforeEach(() => {
  FakeSource.all = [];
  vi.stubGlobal('EventSource', FakeSource);
});
afterEach(() => vi.unstubAllGlobals());

test('a place is heard on the one line, which is opened anew and not doubled', () => {
  const stream = new EventStream('/api/events');
  const heard: unknown[] = [];
  stream.on('edit', (data) => heard.push(data));
  stream.open();
  const leave = stream.join('atlas/commons');
  expect(opened().map(({ address }) => address)).toEqual(['/api/events?also=atlas/commons']);
  opened()[0]?.say('edit', { id: 'a' });
  expect(heard).toEqual([{ id: 'a' }]);
  leave();
  expect(opened().map(({ address }) => address)).toEqual(['/api/events']);
});

test('a place that is joined before the line opens is in its first address', () => {
  const stream = new EventStream('/api/events');
  stream.join('atlas/commons');
  expect(FakeSource.all).toEqual([]);
  stream.open();
  expect(opened().map(({ address }) => address)).toEqual(['/api/events?also=atlas/commons']);
});

test('leaving one place does not leave the next', () => {
  const stream = new EventStream('/api/events');
  stream.open();
  const leave = stream.join('atlas/commons');
  stream.join('atlas/other');
  leave();
  expect(opened().map(({ address }) => address)).toEqual(['/api/events?also=atlas/other']);
});

test('each time that the line opens, listeners are told to read anew', () => {
  const stream = new EventStream('/api/events');
  let times = 0;
  stream.onResumed(() => (times += 1));
  stream.open();
  opened()[0]?.onopen?.();
  stream.join('atlas/commons');
  opened()[0]?.onopen?.();
  opened()[0]?.say('reset', {});
  expect(times).toBe(3);
});
