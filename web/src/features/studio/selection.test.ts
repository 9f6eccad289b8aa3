import { beforeEach, describe, expect, it } from 'vitest';
import { rangeOf, useSelection } from './selection';

const ORDER = ['a', 'b', 'c', 'd', 'e'];
const chosen = () => [...useSelection.getState().ids].sort();

describe('rangeOf', () => {
  it('goes in both directions, ends included', () => {
    expect(rangeOf(ORDER, 'b', 'd')).toEqual(['b', 'c', 'd']);
    expect(rangeOf(ORDER, 'd', 'b')).toEqual(['b', 'c', 'd']);
    expect(rangeOf(ORDER, 'c', 'c')).toEqual(['c']);
  });

  it('is the one picture where there is no beginning', () => {
    expect(rangeOf(ORDER, null, 'd')).toEqual(['d']);
    expect(rangeOf(ORDER, 'gone', 'd')).toEqual(['d']);
  });
});

describe('useSelection', () => {
  beforeEach(() => {
    useSelection.getState().setOrder(ORDER);
    useSelection.getState().start();
  });

  it('chooses, lets go, and takes ranges on top of what is chosen', () => {
    const { press } = useSelection.getState();
    press('a', false);
    press('c', false);
    press('e', true);
    expect(chosen()).toEqual(['a', 'c', 'd', 'e']);
    press('d', false);
    expect(chosen()).toEqual(['a', 'c', 'e']);
  });

  it('takes all that is on the page, and none', () => {
    useSelection.getState().selectAll();
    expect(chosen()).toEqual(ORDER);
    useSelection.getState().selectNone();
    expect(chosen()).toEqual([]);
  });

  it('lets go of what is no longer on the page', () => {
    useSelection.getState().selectAll();
    useSelection.getState().setOrder(['b', 'f']);
    expect(chosen()).toEqual(['b']);
  });

  it('ends with nothing chosen', () => {
    useSelection.getState().press('a', false);
    useSelection.getState().stop();
    expect(useSelection.getState()).toMatchObject({ isOn: false, anchor: null });
    expect(chosen()).toEqual([]);
  });
});
