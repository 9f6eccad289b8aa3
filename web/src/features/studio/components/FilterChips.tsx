import { UnstyledButton } from '@mantine/core';
import { IconClose } from '@/shared/ui/icons';
import { FILTER_NAMES, filterWords, type Filters } from '../filters';
import type { Collection } from '../types';
import type { FilterChange } from '../useFilters';
import classes from './SettingChips.module.css';

interface Props {
  filters: Filters;
  collections: readonly Collection[];
  change: FilterChange;
}

/** The filters that are on; pressing one takes it away. */
export function FilterChips({ filters, collections, change }: Props) {
  const named = collections.find(({ id }) => id === filters.collection)?.name;
  const chips = FILTER_NAMES.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [{ name, words: filterWords(name, value, named) }];
  });
  return (
    <ul className={classes.chips} aria-label="Filters that are on">
      {chips.map(({ name, words }) => (
        <li key={name}>
          <UnstyledButton
            className={classes.chip}
            onClick={() => change({ [name]: null })}
            aria-label={`${words}. Take this filter away`}
          >
            <span className={classes.words}>{words}</span>
            <IconClose size={14} />
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
