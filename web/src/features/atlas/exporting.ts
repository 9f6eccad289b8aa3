import { MIN_ZOOM } from './rules';
import type { Rect, World } from './types';

/** What of a world is exported, as what, and how large that is: the rules of the server's exports, for the page to say them before it asks. */

export const MOST_PX = 16_384;
const TILE_PX = 512;
/** A picture that is opened without a thought is no larger. */
const USUAL_PX = 4096;
const FEWEST_PX = 256;
const MOST_CHOICES = 6;

export type Area = 'view' | 'frame' | 'world';
export type Format = 'png' | 'geotiff' | 'pmtiles';

export const FORMATS: Record<Format, { name: string; about: string }> = {
  png: { name: 'PNG', about: 'A picture. What is blank is transparent.' },
  geotiff: { name: 'GeoTIFF', about: 'A picture that knows its place on the map, for QGIS and GDAL.' },
  pmtiles: { name: 'PMTiles', about: 'All zooms in one file, for maps on web pages.' },
};

/** Whole pixels of the map. */
function whole({ x, y, width, height }: Rect): Rect {
  const [left, top] = [Math.floor(x) + 0, Math.floor(y) + 0];
  return { x: left, y: top, width: Math.ceil(x + width) - left, height: Math.ceil(y + height) - top };
}

/** The rectangles that there are to choose from. */
export function areasOf(
  { bounds }: Pick<World, 'bounds'>,
  frame: Rect | null,
  view: Rect | null,
): Partial<Record<Area, Rect>> {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = bounds ?? [];
  return {
    ...(view !== null && { view: whole(view) }),
    ...(frame !== null && { frame: whole(frame) }),
    ...(bounds !== null && { world: { x: x0, y: y0, width: x1 - x0, height: y1 - y0 } }),
  };
}

export interface Size {
  zoom: number;
  width: number;
  height: number;
}

/** The picture of a rectangle as it is seen from a zoom: whole pixels of that zoom. */
export function sizeAt({ x, y, width, height }: Rect, zoom: number): Size {
  const scale = 2 ** -zoom;
  const across = Math.ceil((x + width) / scale) - Math.floor(x / scale);
  const down = Math.ceil((y + height) / scale) - Math.floor(y / scale);
  return { zoom, width: across, height: down };
}

const longest = ({ width, height }: Size) => Math.max(width, height);

/** The sizes that a rectangle can have, the largest first: at least one, unless it is too large from everywhere. */
export function sizesOf(rect: Rect): Size[] {
  const all = Array.from({ length: 1 - MIN_ZOOM }, (_, step) => sizeAt(rect, 0 - step));
  const fitting = all.filter((size) => longest(size) <= MOST_PX);
  return fitting.filter((size, at) => at === 0 || longest(size) >= FEWEST_PX).slice(0, MOST_CHOICES);
}

export const usualOf = (sizes: readonly Size[]): Size | undefined =>
  sizes.find((size) => longest(size) <= USUAL_PX) ?? sizes.at(-1);

export function sizeWords({ zoom, width, height }: Size): string {
  const pixels = `${width.toLocaleString('en')} × ${height.toLocaleString('en')}`;
  return zoom === 0 ? `${pixels}, full detail` : `${pixels}, 1 : ${(2 ** -zoom).toLocaleString('en')}`;
}

/** How many tiles of the nearest zoom touch a rectangle. */
export function tilesIn({ x, y, width, height }: Rect): number {
  const across = Math.ceil((x + width) / TILE_PX) - Math.floor(x / TILE_PX);
  return across * (Math.ceil((y + height) / TILE_PX) - Math.floor(y / TILE_PX));
}

const boxOf = ({ x, y, width, height }: Rect) => [x, y, x + width, y + height].join(',');

const addressOf = (world: string) => `/api/atlas/worlds/${world}`;

/** Where the server makes it. */
export function exportAddress(world: string, area: Area, rect: Rect, format: Format, zoom: number): string {
  if (format === 'pmtiles')
    return `${addressOf(world)}/export.pmtiles${area === 'world' ? '' : `?bbox=${boxOf(rect)}`}`;
  return `${addressOf(world)}/export?bbox=${boxOf(rect)}&format=${format}&zoom=${zoom}`;
}

/** Addresses that other programs are given. */
export const addressesOf = (site: string, world: string) => ({
  xyz: `${site}${addressOf(world)}/xyz/{z}/{x}/{y}.png`,
  tilejson: `${site}${addressOf(world)}/xyz/tilejson`,
  gdal: `${addressOf(world)}/gdal.xml`,
});

export const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;

export function receivedWords(received: number, total: number | null): string {
  if (received === 0) return 'The server is making it…';
  return total === null ? `${megabytes(received)} so far` : `${megabytes(received)} of ${megabytes(total)}`;
}
