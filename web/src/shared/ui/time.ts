const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const day = (time: string) => DAY.format(new Date(time));
export const moment = (time: string) => MOMENT.format(new Date(time));

/** How long to wait, rounded up: `45 s`, `12 min`, `3 h`. */
export function waitWords(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}
