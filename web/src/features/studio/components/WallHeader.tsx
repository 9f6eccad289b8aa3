import { useEffect, useState } from 'react';
import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload, IconFilter, IconSearch, IconSelect, IconStar, IconStarFilled } from '@/shared/ui/icons';
import { isFiltered, type Filters } from '../filters';
import { useDownload } from '../library';
import { useSelection } from '../selection';
import type { Collection } from '../types';
import type { FilterChange } from '../useFilters';
import { CollectionActions } from './CollectionActions';
import { CollectionsMenu } from './CollectionsMenu';
import { FilterChips } from './FilterChips';
import { FilterPanel } from './FilterPanel';
import { Tool } from './Tool';
import classes from './WallHeader.module.css';

const SEARCH_DELAY_MS = 250;

interface Props {
  filters: Filters;
  collections: readonly Collection[];
  /** The one that is shown. */
  collection: Collection | null;
  change: FilterChange;
}

/** What is shown of everything one made, and the ways to narrow it. */
export function WallHeader({ filters, collections, collection, change }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <div className={classes.header}>
        <div className={classes.title}>
          <h2>{collection?.name ?? 'What you made'}</h2>
          {collection !== null && <CollectionActions collection={collection} change={change} />}
        </div>
        <Search q={filters.q ?? ''} change={change} />
      </div>
      <div className={classes.tools}>
        <Tool
          name="Favourites"
          icon={filters.favourite === undefined ? <IconStar /> : <IconStarFilled />}
          aria-pressed={filters.favourite !== undefined}
          onClick={() => change({ favourite: filters.favourite === undefined ? 'yes' : null })}
        />
        <CollectionsMenu collections={collections} change={change} />
        <Tool name="Filters" icon={<IconFilter />} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} />
        <span className={classes.end}>
          <SelectButton />
          <DownloadButton filters={filters} collection={collection} />
        </span>
      </div>
      {isOpen && <FilterPanel filters={filters} change={change} />}
      {isFiltered(filters) && (
        <div className={classes.on}>
          <FilterChips filters={filters} collections={collections} change={change} />
        </div>
      )}
    </>
  );
}

function SelectButton() {
  const { isOn, start, stop } = useSelection();
  return <Tool name="Select" icon={<IconSelect />} aria-pressed={isOn} onClick={isOn ? stop : start} />;
}

function DownloadButton({ filters, collection }: Pick<Props, 'filters' | 'collection'>) {
  const download = useDownload();
  const isOnlyCollection = collection !== null && Object.keys(filters).length === 1;
  const all = isOnlyCollection ? 'Download this collection' : 'Download all that is found';
  return (
    <Tool
      name="Download"
      label={isFiltered(filters) ? all : 'Download everything'}
      icon={<IconDownload />}
      loading={download.isPending}
      onClick={() => download.mutate({ filters })}
    />
  );
}

function Search({ q, change }: { q: string; change: FilterChange }) {
  const [words, setWords] = useState(q);
  const [settled] = useDebouncedValue(words, SEARCH_DELAY_MS);
  const [seen, setSeen] = useState(q);
  if (q !== seen) {
    setSeen(q);
    // Cleared from outside, while nobody is typing.
    if (q === '' && settled === words) setWords('');
  }

  useEffect(() => change({ q: settled.trim() }), [settled, change]);

  return (
    <TextInput
      type="search"
      aria-label="Search what you made"
      placeholder="Search your prompts"
      maxLength={200}
      leftSection={<IconSearch size={18} />}
      rightSection={words !== '' && <CloseButton aria-label="Clear the search" onClick={() => setWords('')} />}
      rightSectionWidth={44}
      radius="xl"
      value={words}
      onChange={(event) => setWords(event.currentTarget.value)}
      className={classes.search ?? ''}
    />
  );
}
