import { describe, expect, it } from 'vitest';
import { waitWords } from './time';

describe('time in words', () => {
  it.each([
    [1, '1 s'],
    [119, '119 s'],
    [120, '2 min'],
    [721, '13 min'],
    [7199, '120 min'],
    [7200, '2 h'],
    [86_400, '24 h'],
  ])('says a wait of %d seconds', (seconds, words) => {
    expect(waitWords(seconds)).toBe(words);
  });
});
