import { describe, expect, it } from 'vitest';
import type { Line, OwnCase } from './types';
import { appealWords, categoryWords, lineWords, stateWords } from './words';

const own = (part: Partial<OwnCase>): OwnCase => ({
  id: '1',
  kind: 'image',
  created_at: '2026-11-21T12:00:00Z',
  reason: '',
  image: null,
  fields: null,
  state: 'refused',
  by_a_person: true,
  decided_at: null,
  words: '',
  strike: false,
  appeal: null,
  why_not_appeal: null,
  ...part,
});
const appeal = (decision: 'approve' | 'refuse' | null, answer = '') => ({
  words: 'No.',
  created_at: '2026-11-21T12:00:00Z',
  decision,
  answer,
});

describe('words of moderation', () => {
  it('says categories of reports and of the policy', () => {
    expect(categoryWords('child_safety')).toBe('Harm to children');
    expect(categoryWords('real_people')).toBe('Real people');
  });

  it('says a case in one line', () => {
    const line = { kind: 'image', origin: 'reports', category: 'hate', reports: 1 } as Line;
    expect(lineWords(line)).toBe('Reported: hate, a picture, 1 report');
    expect(lineWords({ ...line, reports: 3 })).toBe('Reported: hate, a picture, 3 reports');
    expect(lineWords({ ...line, origin: 'screening', kind: 'text', reports: 0 })).toBe(
      'Held by the rules: hate, a text',
    );
  });

  it('says how something of mine stands', () => {
    expect(stateWords(own({ state: 'waiting' }))).toBe('A moderator looks at it');
    expect(stateWords(own({}))).toBe('Refused by a moderator');
    expect(stateWords(own({ by_a_person: false }))).toBe('Refused by the rules');
    expect(stateWords(own({ state: 'approved' }))).toBe('Approved');
    expect(stateWords(own({ state: 'approved', appeal: appeal('approve') }))).toBe('Approved after your appeal');
  });

  it('says what became of an appeal', () => {
    expect(appealWords(own({}))).toBeNull();
    expect(appealWords(own({ appeal: appeal(null) }))).toContain('Another moderator');
    expect(appealWords(own({ appeal: appeal('refuse', 'It stands.') }))).toBe('Your appeal was refused. It stands.');
    expect(appealWords(own({ appeal: appeal('approve') }))).toBe('Your appeal was granted.');
  });
});
