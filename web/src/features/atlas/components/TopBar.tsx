import { useRef, useState, type Ref } from 'react';
import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard, useHotkeys } from '@mantine/hooks';
import { asProblem } from '@/shared/api/problem';
import { IconCheck, IconDownload, IconHistory, IconLink, IconRedo, IconUndo } from '@/shared/ui/icons';
import { useChangeEdit } from '../api';
import type { WorldMap } from '../map/WorldMap';
import { PeopleMenu } from './PeopleMenu';
import { lastOfMine } from '../rules';
import { useAtlas } from '../store';
import type { Rect, World } from '../types';
import { ExportDialog } from './ExportDialog';
import { useEditsWithin } from './useEditsWithin';
import { WorldMenu } from './WorldMenu';
import classes from './AtlasPage.module.css';

interface Props {
  world: World;
  within: Rect | null;
  map: WorldMap | undefined;
}

export function TopBar({ world, within, map }: Props) {
  const { edits } = useEditsWithin(world.slug, within);
  const { copy, copied } = useClipboard();
  const isHistoryOpen = useAtlas((state) => state.isHistoryOpen);
  const [isExporting, setExporting] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const closeExport = () => {
    setExporting(false);
    opener.current?.focus();
  };
  const change = useChangeEdit(world.slug);
  const [done, taken] = [lastOfMine(edits, 'committed'), lastOfMine(edits, 'undone')];
  const undo = () => done && change.mutate({ edit: done.id, what: 'undo' });
  const redo = () => taken && change.mutate({ edit: taken.id, what: 'redo' });
  useHotkeys([
    ['mod+z', undo],
    ['mod+shift+z', redo],
    ['mod+y', redo],
  ]);

  return (
    <div className={classes.top}>
      <WorldMenu world={world} />
      <div className={classes.right}>
        <PeopleMenu map={map} />
        <div className={classes.tools} role="toolbar" aria-label="Map">
          <Way
            name="Undo my last in view"
            icon={<IconUndo />}
            disabled={done === null || change.isPending}
            onClick={undo}
          />
          <Way name="Redo mine" icon={<IconRedo />} disabled={taken === null || change.isPending} onClick={redo} />
          <Way
            name={copied ? 'Copied' : 'Copy the link to this view'}
            icon={copied ? <IconCheck /> : <IconLink />}
            onClick={() => copy(window.location.href)}
          />
          <Way
            name="Export"
            icon={<IconDownload />}
            ref={opener}
            aria-haspopup="dialog"
            onClick={() => setExporting(true)}
          />
          <Way
            name="History"
            icon={<IconHistory />}
            aria-expanded={isHistoryOpen}
            onClick={() => useAtlas.setState({ isHistoryOpen: !isHistoryOpen, pointed: null })}
          />
        </div>
      </div>
      {isExporting && <ExportDialog world={world} onClose={closeExport} />}
      {change.isError && (
        <p className={classes.problem} role="alert">
          {asProblem(change.error).message}
        </p>
      )}
    </div>
  );
}

interface WayProps {
  ref?: Ref<HTMLButtonElement>;
  name: string;
  icon: React.ReactNode;
  disabled?: boolean;
  'aria-expanded'?: boolean;
  'aria-haspopup'?: 'dialog';
  onClick: () => void;
}

function Way({ name, icon, ...rest }: WayProps) {
  return (
    <Tooltip label={name}>
      <ActionIcon aria-label={name} {...rest}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
