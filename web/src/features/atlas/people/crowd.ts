import type { Camera, Point, Rect, View } from '../types';

/** Who else looks at the world, as the server's presence tells it. Pure. */

export interface Onlooker {
  /** A page. */
  id: string;
  /** A person, in this world. */
  who: string;
  name: string;
  colour: number;
  /** Where they point; null where they do not. */
  at: [x: number, y: number] | null;
  view: [left: number, top: number, right: number, bottom: number];
}

/** A message of the presence socket: see docs/reference/events.md. */
export interface Told {
  you: string;
  /** Who I am to the others. */
  me: string | null;
  changed: Onlooker[];
  gone: string[];
  people: number;
  watchers: number;
}

export type Crowd = ReadonlyMap<string, Onlooker>;

/** The others as they are by what was told. My own other pages are not among them. */
export function told(crowd: Crowd, { me, changed, gone }: Pick<Told, 'me' | 'changed' | 'gone'>): Crowd {
  const next = new Map(crowd);
  for (const each of changed) if (each.who !== me) next.set(each.id, each);
  for (const id of gone) next.delete(id);
  return next;
}

/** One page a person: the one where they point, or the last that they opened. */
export function personsOf(crowd: Crowd): Onlooker[] {
  const persons = new Map<string, Onlooker>();
  for (const each of crowd.values()) {
    const held = persons.get(each.who);
    if (held === undefined || each.at !== null || held.at === null) persons.set(each.who, each);
  }
  return [...persons.values()].toSorted((a, b) => a.name.localeCompare(b.name) || a.who.localeCompare(b.who));
}

/** They have said where they look. */
export const isSomewhere = ({ view: [left, top, right, bottom] }: Onlooker): boolean => right > left && bottom > top;

/**
 * What somebody looks at, shown here: around the same middle, as much land, whatever the shape of the screens. So two who follow each other
 * stand still.
 */
export function viewLike(
  { view: [left, top, right, bottom] }: Onlooker,
  screen: Pick<Camera, 'width' | 'height'>,
): View {
  const area = ((right - left) * (bottom - top)) / (screen.width * screen.height);
  return { x: (left + right) / 2, y: (top + bottom) / 2, zoom: -Math.log2(area) / 2 + 0 };
}

const FARTHEST = 2 ** 40;
const whole = (value: number) => Math.min(Math.max(Math.round(value), -FARTHEST), FARTHEST);

/** What is said of oneself. */
export const lookOf = (view: Rect, at: Point | null) => ({
  view: [
    whole(view.x),
    whole(view.y),
    Math.max(whole(view.x + view.width), whole(view.x) + 1),
    Math.max(whole(view.y + view.height), whole(view.y) + 1),
  ],
  at: at === null ? null : [whole(at.x), whole(at.y)],
});

/** Dark enough for white words on them. */
const COLOURS = [
  '#b01f4f',
  '#a8431a',
  '#85600f',
  '#56700f',
  '#1f7440',
  '#117271',
  '#1c6a96',
  '#2f5bc4',
  '#5a4cc2',
  '#8440ad',
  '#a03089',
  '#76523f',
] as const;

export const colourOf = ({ colour }: Pick<Onlooker, 'colour'>): string =>
  COLOURS[colour % COLOURS.length] ?? COLOURS[0];

/** One or two letters for a round picture. */
export const initialsOf = (name: string): string =>
  name
    .split(/\s+/u)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => /^./u.exec(word)?.[0].toLocaleUpperCase() ?? '')
    .join('');

export function hereWords(people: number, watchers: number): string {
  const persons = people === 1 ? '1 person' : `${people} people`;
  return watchers === 0 ? `${persons} here` : `${persons} here, and ${watchers} watching`;
}
