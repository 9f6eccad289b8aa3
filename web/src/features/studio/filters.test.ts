import { describe, expect, it } from 'vitest';
import { asQuery, filterKey, filtersOf, filtersInWords, filterWords, isFiltered, withFilters } from './filters';

const COLLECTION = '0198c0de-0000-7000-8000-000000000000';

describe('filtersOf', () => {
  it('reads what an address may say', () => {
    const search = {
      q: 'boat',
      favourite: 'yes',
      collection: COLLECTION,
      model: 'figment-1',
      state: 'failed',
      orientation: 'portrait',
      size: '320x256',
      since: '2026-11-01',
      until: '2026-11-21',
      start: 'image',
    };
    expect(filtersOf(search)).toEqual(search);
  });

  it.each([
    ['favourite', 'maybe'],
    ['collection', 'mine'],
    ['state', 'toString'],
    ['orientation', 'round'],
    ['size', '0x12'],
    ['since', 'yesterday'],
    ['until', '2026-13'],
    ['start', 'nothing'],
    ['q', 'x'.repeat(201)],
  ])('passes over %s=%s', (name, value) => {
    expect(filtersOf({ [name]: value, model: 'm' })).toEqual({ model: 'm' });
  });

  it('passes over an end before the beginning, which the server refuses', () => {
    expect(filtersOf({ since: '2026-11-02', until: '2026-11-01' })).toEqual({ since: '2026-11-02' });
    expect(filtersOf({ since: '2026-11-02', until: '2026-11-02' })).toHaveProperty('until');
  });

  it('leaves the open picture out', () => {
    expect(filtersOf({ image: 'x' } as object)).toEqual({});
  });
});

describe('withFilters', () => {
  it('changes, adds and takes away, and keeps what it does not know', () => {
    const held = { q: 'boat', state: 'failed', image: 'x' };
    expect(withFilters(held, { state: 'done', favourite: 'yes', q: '' })).toEqual({
      state: 'done',
      favourite: 'yes',
      image: 'x',
    });
    expect(withFilters(held, { q: null, state: null })).toEqual({ image: 'x' });
  });
});

describe('filterKey', () => {
  it('is the same for the same filters and empty for none', () => {
    expect(filterKey({ q: 'a', state: 'done' })).toBe(filterKey({ state: 'done', q: 'a' }));
    expect(filterKey({ q: 'a&state=done' })).not.toBe(filterKey({ q: 'a', state: 'done' }));
    expect(filterKey({})).toBe('');
    expect(isFiltered({})).toBe(false);
  });
});

describe('asQuery', () => {
  it('means whole days of the person who asks', () => {
    const { since, until } = asQuery({ since: '2026-11-01', until: '2026-11-30' });
    expect(since).toBe(new Date(2026, 10, 1).toISOString());
    expect(until).toBe(new Date(2026, 11, 1).toISOString());
  });

  it('says the rest in the words of the API', () => {
    expect(asQuery({ favourite: 'yes', start: 'words', size: '2x1', q: 'a' })).toEqual({
      favourite: true,
      from_image: false,
      size: '2x1',
      q: 'a',
    });
    expect(asQuery({ start: 'image' })).toEqual({ from_image: true });
    expect(asQuery({})).toEqual({});
  });
});

describe('filterWords', () => {
  it('says what is asked for', () => {
    expect(filterWords('q', 'boat')).toBe('“boat”');
    expect(filterWords('size', '320x256')).toBe('320 × 256');
    expect(filterWords('since', '2026-11-01')).toBe('Since Nov 1, 2026');
    expect(filterWords('collection', COLLECTION, 'Boats')).toBe('In Boats');
    expect(filterWords('state', 'running')).toBe('In the making');
    expect(filtersInWords({ size: '320x256', favourite: 'yes' })).toEqual(['Favourites', '320 × 256']);
  });
});
