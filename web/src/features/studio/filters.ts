import type { HistoryQuery } from './types';

/** What the history is narrowed to, as it stands in the address: a filtered view can be linked and survives a reload. */
export const FILTER_NAMES = [
  'q',
  'favourite',
  'collection',
  'model',
  'state',
  'orientation',
  'size',
  'since',
  'until',
  'start',
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

export const STATES = { done: 'Done', failed: 'Failed', cancelled: 'Cancelled', running: 'In the making' } as const;
export const SHAPES = { square: 'Square', landscape: 'Landscape', portrait: 'Portrait' } as const;
export const STARTS = { image: 'From a picture', words: 'From words alone' } as const;

const isOneOf =
  (choices: object) =>
  (value: string): boolean =>
    Object.hasOwn(choices, value);
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const isDay = (value: string): boolean => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(startOf(value).getTime());

/** What an address may say; everything else in it is passed over, so that an old or mistyped link still shows something. */
const ALLOWED: Record<FilterName, (value: string) => boolean> = {
  q: (value) => value.length <= 200,
  favourite: isOneOf({ yes: true }),
  collection: (value) => UUID.test(value),
  model: (value) => value.length <= 200,
  state: isOneOf(STATES),
  orientation: isOneOf(SHAPES),
  size: (value) => /^[1-9]\d{0,4}x[1-9]\d{0,4}$/.test(value),
  since: isDay,
  until: isDay,
  start: isOneOf(STARTS),
};

/** The filters that an address names. */
export function filtersOf(search: Filters): Filters {
  const said = FILTER_NAMES.filter((name) => {
    const value = search[name];
    return value !== undefined && value !== '' && ALLOWED[name](value);
  });
  const filters = Object.fromEntries(said.map((name) => [name, search[name]])) as Filters;
  // A range that ends before it begins is refused by the server: the later choice of the two is not known here, so the end goes.
  const { until, ...rest } = filters;
  return rest.since !== undefined && until !== undefined && until < rest.since ? rest : filters;
}

/** An address's search with some filters changed; null takes one away. */
export function withFilters<Search extends Filters>(
  search: Search,
  change: Partial<Record<FilterName, string | null>>,
): Search {
  return Object.fromEntries(
    Object.entries<string | null | undefined>({ ...search, ...change }).filter(([, value]) => Boolean(value)),
  ) as Search;
}

export const isFiltered = (filters: Filters): boolean => Object.keys(filters).length > 0;

/** One key for one view, whatever the order in which its filters were chosen; empty for everything. */
export const filterKey = (filters: Filters): string =>
  new URLSearchParams(FILTER_NAMES.flatMap((name) => (filters[name] ? [[name, filters[name]]] : []))).toString();

/** The first moment of a day where the person is, some days later. */
function startOf(day: string, later = 0): Date {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later);
}

/** The filters in the words of the API. Days are the person's own: the last one is meant to its end. */
export function asQuery({ q, favourite, since, until, start, ...same }: Filters): HistoryQuery {
  return {
    ...(same as HistoryQuery),
    ...(q !== undefined && { q }),
    ...(favourite !== undefined && { favourite: true }),
    ...(since !== undefined && { since: startOf(since).toISOString() }),
    ...(until !== undefined && { until: startOf(until, 1).toISOString() }),
    ...(start !== undefined && { from_image: start === 'image' }),
  };
}

const inWords = (day: string) =>
  startOf(day).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' });

/** What a filter asks for, as one reads it. `collection` is the name of the one that is chosen, if it is known yet. */
export function filterWords(name: FilterName, value: string, collection?: string): string {
  const words: Record<FilterName, () => string> = {
    q: () => `“${value}”`,
    favourite: () => 'Favourites',
    collection: () => `In ${collection ?? 'a collection'}`,
    model: () => `Model ${value}`,
    state: () => STATES[value as keyof typeof STATES],
    orientation: () => SHAPES[value as keyof typeof SHAPES],
    size: () => value.replace('x', ' × '),
    since: () => `Since ${inWords(value)}`,
    until: () => `Until ${inWords(value)}`,
    start: () => STARTS[value as keyof typeof STARTS],
  };
  return words[name]();
}

/** What all of them ask for. */
export const filtersInWords = (filters: Filters, collection?: string): string[] =>
  FILTER_NAMES.flatMap((name) => (filters[name] === undefined ? [] : [filterWords(name, filters[name], collection)]));
