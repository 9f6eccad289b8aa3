import type { Manifest, TileChange, TileName } from './types';

/** Which version of each tile is the newest: asked of the manifest for a block of tiles at a time, and kept so by the world's events. */

/** Tiles of one zoom, both ends inclusive. */
export interface TileRange {
  z: number;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

const BLOCK = 16;
/** As many as one manifest may name. */
const MOST_TILES = 4096;
const MOST_BLOCKS = 1024;

interface Block {
  at: TileName;
  versions: Map<string, string>;
  /** The version of all tiles that have none of their own, where a world has land of its own. */
  ground: string | null;
  /** What events said while the manifest was on its way: it is newer than the answer, or as new. */
  heard: TileChange[] | null;
  ready: Promise<void>;
}

const nameOf = ({ z, x, y }: TileName) => `${z}/${x}/${y}`;
const blockAt = ({ z, x, y }: TileName): TileName => ({ z, x: Math.floor(x / BLOCK), y: Math.floor(y / BLOCK) });

/** The tiles of these blocks of one zoom, and what lies between them. */
export function rangeOf(blocks: readonly TileName[]): TileRange {
  const [xs, ys] = [blocks.map(({ x }) => x), blocks.map(({ y }) => y)];
  return {
    z: blocks[0]?.z ?? 0,
    x0: Math.min(...xs) * BLOCK,
    y0: Math.min(...ys) * BLOCK,
    x1: Math.max(...xs) * BLOCK + BLOCK - 1,
    y1: Math.max(...ys) * BLOCK + BLOCK - 1,
  };
}

const tilesIn = ({ x0, y0, x1, y1 }: TileRange) => (x1 - x0 + 1) * (y1 - y0 + 1);

/** The blocks in as few requests as there may be: one a zoom where they lie together. */
export function inRequests(blocks: readonly TileName[]): TileName[][] {
  const zooms = [...new Set(blocks.map(({ z }) => z))];
  return zooms.flatMap((zoom) => {
    const ofZoom = blocks.filter(({ z }) => z === zoom);
    return tilesIn(rangeOf(ofZoom)) <= MOST_TILES ? [ofZoom] : ofZoom.map((block) => [block]);
  });
}

export class TileVersions {
  private blocks = new Map<string, Block>();
  private waiting: { block: Block; settle: (answer: Promise<void>) => void }[] = [];

  constructor(private readonly ask: (range: TileRange) => Promise<Manifest>) {}

  /** The version of a tile, or null where it is blank. Tiles that are asked for together share a request. */
  async of(tile: TileName): Promise<string | null> {
    const block = this.blockOf(tile);
    await block.ready;
    return block.versions.get(nameOf(tile)) ?? block.ground;
  }

  /** Whether the model has still to paint that tile: what is seen of it is the sketch of the world's land. */
  isSketch(tile: TileName): boolean {
    const block = this.blocks.get(nameOf(blockAt(tile)));
    return tile.z === 0 && block !== undefined && block.ground !== null && !block.versions.has(nameOf(tile));
  }

  /** Takes in what an event told; whether any of it concerns tiles that were asked for. */
  apply(changes: readonly TileChange[]): boolean {
    let hasChanged = false;
    for (const change of changes) {
      const block = this.blocks.get(nameOf(blockAt(change)));
      if (block === undefined) continue;
      block.heard?.push(change);
      set(block, change);
      hasChanged = true;
    }
    return hasChanged;
  }

  /** Everything is asked anew from now on: events may have been missed. */
  forget(): void {
    this.blocks = new Map();
  }

  private blockOf(tile: TileName): Block {
    const at = blockAt(tile);
    const held = this.blocks.get(nameOf(at));
    if (held !== undefined) return held;
    const made = this.begin(at);
    this.blocks.set(nameOf(at), made);
    const [oldest] = this.blocks.keys();
    if (this.blocks.size > MOST_BLOCKS && oldest !== undefined) this.blocks.delete(oldest);
    return made;
  }

  private begin(at: TileName): Block {
    let settle: (answer: Promise<void>) => void = () => undefined;
    const ready = new Promise<void>((resolve) => (settle = resolve));
    const block: Block = { at, versions: new Map(), ground: null, heard: [], ready };
    if (this.waiting.length === 0) setTimeout(() => this.send(), 0);
    this.waiting.push({ block, settle });
    return block;
  }

  private send(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const places of inRequests(waiting.map(({ block }) => block.at))) {
      const asked = waiting.filter(({ block }) => places.includes(block.at));
      const answer = this.fill(asked.map(({ block }) => block));
      for (const { settle } of asked) settle(answer);
    }
  }

  private async fill(blocks: readonly Block[]): Promise<void> {
    const mine = this.blocks;
    try {
      const { z, tiles, ground } = await this.ask(rangeOf(blocks.map(({ at }) => at)));
      const filled = new Map(blocks.map((block) => [nameOf(block.at), block]));
      for (const { x, y, v } of tiles) {
        const block = filled.get(nameOf(blockAt({ z, x, y })));
        if (block !== undefined) set(block, { z, x, y, v });
      }
      for (const block of blocks) {
        block.ground = ground;
        for (const change of block.heard ?? []) set(block, change);
        block.heard = null;
      }
    } catch (error) {
      // The next look at these tiles asks again.
      for (const { at } of blocks) mine.delete(nameOf(at));
      throw error;
    }
  }
}

function set({ versions }: Block, { v, ...tile }: TileChange): void {
  if (v === null) versions.delete(nameOf(tile));
  else versions.set(nameOf(tile), v);
}
