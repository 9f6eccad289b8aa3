import { describe, expect, it } from 'vitest';
import { readProblem } from './problem';

const answer = (status: number, headers: Record<string, string> = {}) => ({ status, headers: new Headers(headers) });

describe('readProblem', () => {
  it('keeps the code, the sentence and the fields', () => {
    const problem = readProblem(answer(422), {
      code: 'validation',
      title: 'Some fields are wrong',
      detail: 'Check the size.',
      errors: [{ field: 'width', message: 'Must be a multiple of 32.' }, { field: 3 }],
    });
    expect(problem).toMatchObject({ status: 422, code: 'validation', message: 'Check the size.', retryAfterS: null });
    expect(problem.fields).toEqual([{ field: 'width', message: 'Must be a multiple of 32.' }]);
  });

  it('takes the wait from the body, or else from Retry-After, in whole seconds', () => {
    expect(readProblem(answer(429, { 'retry-after': '9' }), { retry_after_s: 3.2 }).retryAfterS).toBe(4);
    expect(readProblem(answer(429, { 'retry-after': '9' }), {}).retryAfterS).toBe(9);
    expect(readProblem(answer(429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }), {}).retryAfterS).toBeNull();
  });

  it('says something useful about an answer that is no problem document', () => {
    expect(readProblem(answer(502), '<html>').message).toContain('502');
  });
});
