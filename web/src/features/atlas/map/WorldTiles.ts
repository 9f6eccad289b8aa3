import ImageTileSource from 'ol/source/ImageTile';
import type { TileChange, TileName } from '../types';
import type { TileVersions } from '../versions';
import { PLANE, TILE_GRID, zoomOfLevel } from './plane';

const FADE_MS = 350;
const RETRY_MS = 4_000;
/** A decoded tile takes a megabyte. */
const MOST_PICTURES = 160;

const blank = document.createElement('canvas');
blank.width = blank.height = 1;

/**
 * The tiles of a world. A tile without a version is never asked for. When a version changes, all tiles in view are put together anew from the
 * pictures that are held here, while the old ones stay in sight below: only what is new is fetched, and it fades in.
 */
export class WorldTiles extends ImageTileSource {
  private readonly pictures = new Map<string, Promise<HTMLImageElement>>();
  private edition = 0;
  private frame: number | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly world: string,
    private readonly versions: TileVersions,
  ) {
    super({
      loader: (level, x, y) => this.load(zoomOfLevel(level), x, y),
      projection: PLANE,
      tileGrid: TILE_GRID,
      wrapX: false,
      transition: FADE_MS,
    });
  }

  apply(changes: readonly TileChange[]): void {
    if (this.versions.apply(changes)) this.readAnew();
  }

  /** Events may have been missed: every version is asked for again. */
  forget(): void {
    this.versions.forget();
    this.readAnew();
  }

  /**
   * Says to the server that these tiles are still looked at, which would else leave land unpainted that nobody waits for. The answers are not
   * shown: what is painted is told by events.
   */
  lookAgain(tiles: readonly TileName[]): void {
    for (const tile of tiles)
      if (this.versions.isSketch(tile)) void fetch(this.addressOf(tile), { cache: 'reload' }).catch(() => undefined);
  }

  override disposeInternal(): void {
    clearTimeout(this.retry);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    super.disposeInternal();
  }

  /** Once a frame, however many tiles changed. */
  private readAnew(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.edition += 1;
      this.setKey(String(this.edition));
    });
  }

  private async load(z: number, x: number, y: number): Promise<HTMLImageElement | HTMLCanvasElement> {
    try {
      const version = await this.versions.of({ z, x, y });
      if (version === null) return blank;
      return await this.picture(`${this.addressOf({ z, x, y })}?v=${version}`);
    } catch (error) {
      // OpenLayers asks for a tile once; what failed is asked for again with everything else.
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.readAnew(), RETRY_MS);
      throw error;
    }
  }

  private addressOf = ({ z, x, y }: TileName) => `/api/atlas/worlds/${this.world}/tiles/${z}/${x}/${y}`;

  private picture(address: string): Promise<HTMLImageElement> {
    const held = this.pictures.get(address);
    this.pictures.delete(address);
    const picture = held ?? this.fetch(address);
    this.pictures.set(address, picture);
    const [oldest] = this.pictures.keys();
    if (this.pictures.size > MOST_PICTURES && oldest !== undefined) this.pictures.delete(oldest);
    return picture;
  }

  private async fetch(address: string): Promise<HTMLImageElement> {
    const image = new Image();
    image.src = address;
    try {
      await image.decode();
    } catch (error) {
      this.pictures.delete(address);
      throw error;
    }
    return image;
  }
}
