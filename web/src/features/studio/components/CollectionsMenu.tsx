import { useState } from 'react';
import { Menu } from '@mantine/core';
import { IconCollection, IconPlus } from '@/shared/ui/icons';
import type { FilterChange } from '../useFilters';
import { useCreateCollection } from '../library';
import { useNotes } from '../notes';
import type { Collection } from '../types';
import { Cover } from './Cover';
import { NameDialog } from './NameDialog';
import { Tool } from './Tool';
import classes from './WallHeader.module.css';

interface Props {
  collections: readonly Collection[];
  change: FilterChange;
}

/** Opens one of the collections, or begins a new one. */
export function CollectionsMenu({ collections, change }: Props) {
  const [isNaming, setNaming] = useState(false);
  const create = useCreateCollection();
  const tell = useNotes((notes) => notes.tell);
  return (
    <>
      <Menu position="bottom-start" width={280}>
        <Menu.Target>
          <Tool name="Collections" icon={<IconCollection />} />
        </Menu.Target>
        <Menu.Dropdown className={classes.scroll ?? ''}>
          <Menu.Item leftSection={<IconPlus size={18} />} onClick={() => setNaming(true)}>
            New collection
          </Menu.Item>
          {collections.map((collection) => (
            <Menu.Item
              key={collection.id}
              leftSection={<Cover collection={collection} />}
              rightSection={<span className={classes.number}>{collection.images}</span>}
              onClick={() => change({ collection: collection.id })}
            >
              {collection.name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {isNaming && (
        <NameDialog
          title="New collection"
          action="Create"
          onName={async (name) => tell(`“${(await create.mutateAsync({ name, images: [] })).name}” is there.`)}
          onClose={() => setNaming(false)}
        />
      )}
    </>
  );
}
