import { useId, useState } from 'react';
import { ActionIcon, Anchor, Button, Input, NativeSelect, SegmentedControl, TextInput, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Dialog } from '@/shared/ui/Dialog';
import { IconCheck, IconCopy } from '@/shared/ui/icons';
import { useDownload, type Download } from '../downloading';
import {
  addressesOf,
  areasOf,
  exportAddress,
  FORMATS,
  megabytes,
  receivedWords,
  sizesOf,
  sizeWords,
  tilesIn,
  usualOf,
  type Area,
  type Format,
} from '../exporting';
import { inView } from '../frame';
import { counted } from '../rules';
import { useAtlas } from '../store';
import type { Rect, World } from '../types';
import classes from './ExportDialog.module.css';

const AREAS: readonly { value: Area; label: string }[] = [
  { value: 'view', label: 'This view' },
  { value: 'frame', label: 'The frame' },
  { value: 'world', label: 'The whole world' },
];
const AS = (Object.keys(FORMATS) as Format[]).map((value) => ({ value, label: FORMATS[value].name }));

interface Props {
  world: World;
  onClose: () => void;
}

/** A part of the world as a file, and the addresses under which other programs read it. */
export function ExportDialog({ world, onClose }: Props) {
  const [camera] = useState(() => useAtlas.getState().camera);
  const frame = useAtlas((state) => state.frame);
  const areas = areasOf(world, frame, camera && inView(camera));
  const [area, setArea] = useState<Area>('view');
  const [format, setFormat] = useState<Format>('png');
  const [zoom, setZoom] = useState<number | null>(null);
  const { download, start, stop } = useDownload();
  const rect = areas[area];
  const sizes = rect === undefined ? [] : sizesOf(rect);
  const size = sizes.find((each) => each.zoom === zoom) ?? usualOf(sizes);
  const isReady = rect !== undefined && (format === 'pmtiles' || size !== undefined);
  const send = () => isReady && void start(exportAddress(world.slug, area, rect, format, size?.zoom ?? 0));
  const pick = (next: Area) => {
    setArea(next);
    setZoom(null);
  };

  return (
    <Dialog title="Export the map" onClose={onClose}>
      <div className={classes.form}>
        <Choice
          label="What"
          value={area}
          data={AREAS.map((each) => ({ ...each, disabled: areas[each.value] === undefined }))}
          onChange={pick}
        />
        <Choice label="As" about={FORMATS[format].about} value={format} data={AS} onChange={setFormat} />
        {format === 'pmtiles' ? (
          rect && <Tiles rect={rect} />
        ) : (
          <NativeSelect
            label="Size in pixels"
            error={sizes.length === 0 && 'This is too large for one picture, from however far away.'}
            disabled={sizes.length === 0}
            value={size?.zoom}
            data={sizes.map((each) => ({ value: String(each.zoom), label: sizeWords(each) }))}
            onChange={(event) => setZoom(Number(event.currentTarget.value))}
          />
        )}
        <div className={classes.act}>
          <Telling download={download} />
          {download.state === 'busy' ? (
            <Button variant="default" onClick={stop}>
              Stop
            </Button>
          ) : (
            <Button onClick={send} disabled={!isReady}>
              Download
            </Button>
          )}
        </div>
        <Addresses world={world} />
      </div>
    </Dialog>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  about?: string;
  value: T;
  data: { value: T; label: string; disabled?: boolean }[];
  onChange: (value: T) => void;
}

function Choice<T extends string>({ label, about, value, data, onChange }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div className={classes.choice}>
      <Input.Label component="span" labelElement="div" id={id}>
        {label}
      </Input.Label>
      <SegmentedControl
        fullWidth
        withItemsBorders={false}
        radius="xl"
        aria-labelledby={id}
        classNames={{ root: classes.segments ?? '', label: classes.segment ?? '', indicator: classes.chosen ?? '' }}
        value={value}
        data={data}
        onChange={onChange}
      />
      {about && <p className={classes.about}>{about}</p>}
    </div>
  );
}

function Tiles({ rect }: { rect: Rect }) {
  return (
    <p className={classes.about}>
      Up to {counted(tilesIn(rect), 'tile')} of 512 pixels at full detail, and every zoom out from there, as WebP.
    </p>
  );
}

function Telling({ download }: { download: Download }) {
  if (download.state === 'failed')
    return (
      <p className={classes.problem} role="alert">
        {download.problem.message}
      </p>
    );
  return (
    <p className={classes.told} role="status">
      {download.state === 'busy' && receivedWords(download.received, download.total)}
      {download.state === 'saved' && `${download.name}, ${megabytes(download.bytes)}, is saved.`}
    </p>
  );
}

function Addresses({ world }: { world: World }) {
  const { xyz, tilejson, gdal } = addressesOf(window.location.origin, world.slug);
  return (
    <details className={classes.addresses}>
      <summary>Addresses for QGIS and others</summary>
      <div className={classes.form}>
        <Address label="XYZ tiles, zoom 12 to 24, of 512 pixels" value={xyz} />
        <Address label="TileJSON" value={tilejson} />
        {world.bounds !== null && (
          <p className={classes.about}>
            <Anchor href={gdal} download fz="inherit">
              A file for GDAL and QGIS
            </Anchor>{' '}
            reads the world tile by tile, in pixels of the map.
          </p>
        )}
      </div>
    </details>
  );
}

function Address({ label, value }: { label: string; value: string }) {
  const { copy, copied } = useClipboard();
  const name = copied ? 'Copied' : `Copy: ${label}`;
  return (
    <TextInput
      label={label}
      value={value}
      readOnly
      onFocus={(event) => event.currentTarget.select()}
      rightSectionWidth={46}
      rightSection={
        <Tooltip label={name}>
          <ActionIcon aria-label={name} onClick={() => copy(value)}>
            {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
          </ActionIcon>
        </Tooltip>
      }
    />
  );
}
