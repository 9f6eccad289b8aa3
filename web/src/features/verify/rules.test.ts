import { describe, expect, test } from 'vitest';
import { factsOf, pictureIn } from './rules';
import type { Verification } from './types';

const NOTHING: Verification = { verdict: 'not_known', confirmed_by: [], explanation: '' };
const words = (found: Partial<Verification>, name: string) =>
  factsOf({ ...NOTHING, ...found }).find((fact) => fact.name === name)?.words;

const manifest = { state: 'valid', by_this_server: false, signer: 'Ann', generator: null, made_with_ai: null } as const;
const metadata = { says_made_here: true, generator: 'Figment 1', model: null, made_with_ai: true, confirmed: false };

describe('what is said of a file', () => {
  test('of nothing, that there is nothing', () => {
    expect(factsOf(NOTHING).map(({ name }) => name)).toEqual(['Signature', 'Metadata']);
    expect(words({}, 'Signature')).toBe('None in the file');
  });

  test('day, model and beginning of what was made here', () => {
    const found = { made_on: '2026-11-21', model: 'figment-1', from_upload: true };
    expect(words(found, 'Made on')).toBe('November 21, 2026');
    expect(words(found, 'Model')).toBe('figment-1');
    expect(words(found, 'Began with')).toContain('uploaded');
    expect(words({ from_upload: false }, 'Began with')).toBe('Words alone');
  });

  test('a distance is told as what agrees', () => {
    expect(words({ distance: 6 }, 'Likeness')).toContain('250 of 256');
  });

  test('who signed, and whether it still holds', () => {
    expect(words({ manifest }, 'Signature')).toContain('“Ann”, whom this server does not know');
    expect(words({ manifest: { ...manifest, signer: null } }, 'Signature')).toContain('somebody without a name');
    expect(words({ manifest: { ...manifest, by_this_server: true } }, 'Signature')).toMatch(
      /^By this server; .*unchanged/,
    );
    expect(words({ manifest: { ...manifest, state: 'tampered' } }, 'Signature')).toContain('changed after');
    expect(words({ manifest: { ...manifest, state: 'unreadable' } }, 'Signature')).toContain('cannot be read');
    expect(words({ manifest: { ...manifest, made_with_ai: false } }, 'Signature')).toContain(
      'no trained model made it',
    );
  });

  test('metadata is believed only where the picture bears it out', () => {
    expect(words({ metadata }, 'Metadata')).toContain('nothing bears it out');
    expect(words({ metadata: { ...metadata, confirmed: true } }, 'Metadata')).toContain('bears it out');
    expect(words({ metadata: { ...metadata, says_made_here: false, generator: null } }, 'Metadata')).toMatch(
      /^No program is named, by a trained model\. Anybody/,
    );
  });
});

test('of several files the first picture is taken', () => {
  const file = (type: string) => new File(['x'], 'a', { type });
  const [text, png, gif] = [file('text/plain'), file('image/png'), file('image/gif')];
  expect(pictureIn([text, png, gif])).toBe(png);
  expect(pictureIn([text])).toBeNull();
  expect(pictureIn(null)).toBeNull();
});
