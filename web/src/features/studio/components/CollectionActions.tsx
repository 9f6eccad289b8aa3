import { useState } from 'react';
import { ActionIcon, Menu } from '@mantine/core';
import { IconMore, IconRename, IconTrash } from '@/shared/ui/icons';
import { useDelete, useRenameCollection } from '../library';
import type { Collection } from '../types';
import type { FilterChange } from '../useFilters';
import { NameDialog } from './NameDialog';
import classes from './Caption.module.css';

interface Props {
  collection: Collection;
  change: FilterChange;
}

/** What can be done with the collection that is shown. */
export function CollectionActions({ collection, change }: Props) {
  const [isNaming, setNaming] = useState(false);
  const rename = useRenameCollection();
  const remove = useDelete();
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <ActionIcon aria-label={`More for the collection “${collection.name}”`}>
            <IconMore />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconRename size={18} />} onClick={() => setNaming(true)}>
            Rename
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTrash size={18} />}
            className={classes.danger ?? ''}
            onClick={() => {
              remove({
                words: `Deleted the collection “${collection.name}”; its pictures stay.`,
                collections: [collection.id],
              });
              change({ collection: null });
            }}
          >
            Delete the collection
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isNaming && (
        <NameDialog
          title="Rename the collection"
          action="Rename"
          name={collection.name}
          onName={(name) => rename.mutateAsync({ id: collection.id, name })}
          onClose={() => setNaming(false)}
        />
      )}
    </>
  );
}
