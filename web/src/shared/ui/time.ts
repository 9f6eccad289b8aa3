const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const day = (time: string) => DAY.format(new Date(time));
export const moment = (time: string) => MOMENT.format(new Date(time));
