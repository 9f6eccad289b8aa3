import type { Verdict, Verification } from './types';

/** One line of what was found out: what it is about, and what there is to say. */
export interface Fact {
  name: string;
  words: string;
}

export const HEADINGS: Record<Verdict, string> = {
  made_here: 'Made here',
  changed_copy: 'A changed copy of a picture made here',
  says_so: 'It says it was made here, and nothing confirms it',
  not_known: 'Not made here, as far as one can tell',
};

const day = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

/** Everything that is known of the picture, in the order in which one would ask. */
export function factsOf(found: Verification): Fact[] {
  const facts: Fact[] = [];
  const add = (name: string, words: string | null) => words !== null && facts.push({ name, words });
  add('Made on', found.made_on ? day.format(new Date(found.made_on)) : null);
  add('Model', found.model ?? null);
  add('Began with', beginning(found));
  add('Likeness', likeness(found.distance ?? null));
  add('Signature', signature(found.manifest ?? null));
  add('Metadata', metadata(found.metadata ?? null));
  return facts;
}

function beginning({ from_upload: fromUpload }: Verification): string | null {
  if (fromUpload == null) return null;
  return fromUpload ? 'A picture that somebody uploaded' : 'Words alone';
}

function likeness(distance: number | null): string | null {
  return distance === null
    ? null
    : `${256 - distance} of 256 features agree; from 225 on two pictures count as the same`;
}

function signature(manifest: NonNullable<Verification['manifest']> | null): string | null {
  if (manifest === null) return 'None in the file';
  if (manifest.state === 'unreadable') return 'There is one, and it cannot be read';
  const who = manifest.by_this_server ? 'this server' : `${quoted(manifest.signer)}, whom this server does not know`;
  if (manifest.state === 'tampered') return `By ${who}, and no longer good: the file was changed after it was signed`;
  return `By ${who}; the file is unchanged since${signed(manifest.made_with_ai ?? null)}`;
}

function metadata(found: NonNullable<Verification['metadata']> | null): string | null {
  if (found === null) return 'Nothing in the file says how it was made';
  const by = found.generator ? `Made with ${found.generator}` : 'No program is named';
  const words = `${by}${madeWith(found.made_with_ai ?? null)}`;
  if (!found.says_made_here) return `${words}. Anybody can write this into a file`;
  return found.confirmed
    ? `${words}. The picture bears it out`
    : `${words}. Anybody can write this, and nothing bears it out`;
}

const quoted = (name: string | null | undefined) => (name ? `“${name}”` : 'somebody without a name');

function signed(ai: boolean | null): string {
  if (ai === null) return '';
  return `. Signed is that ${ai ? 'a' : 'no'} trained model made it`;
}

function madeWith(ai: boolean | null): string {
  if (ai === null) return '';
  return ai ? ', by a trained model' : ', not by a trained model';
}

/** The first picture among what was dropped or pasted. */
export const pictureIn = (files: Iterable<File> | null): File | null =>
  [...(files ?? [])].find(({ type }) => type.startsWith('image/')) ?? null;
