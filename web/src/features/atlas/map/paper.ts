import type { FrameState } from 'ol/Map';
import Layer from 'ol/layer/Layer';
import { fromOl, TILE_PX } from './plane';

/** What lies below the tiles and above them: the paper of blank land, and the faint grid. */

export interface Inks {
  light: string;
  dark: string;
  mark: string;
  grid: string;
  word: string;
}

export function inksOf(element: HTMLElement): Inks {
  const style = getComputedStyle(element);
  const ink = (name: string) => style.getPropertyValue(name).trim();
  return {
    light: ink('--atlas-paper'),
    dark: ink('--atlas-paper-shade'),
    mark: ink('--atlas-mark'),
    grid: ink('--atlas-grid'),
    word: ink('--atlas-word'),
  };
}

/** The map that is drawn, in pixels of the page. */
interface Sheet {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  resolution: number;
  left: number;
  top: number;
}

function layer(draw: (sheet: Sheet) => void): Layer {
  const canvas = document.createElement('canvas');
  canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none';
  const context = canvas.getContext('2d');
  const render = ({ size, pixelRatio, viewState: { center, resolution } }: FrameState) => {
    const [width = 0, height = 0] = size;
    if (canvas.width !== Math.round(width * pixelRatio)) canvas.width = Math.round(width * pixelRatio);
    if (canvas.height !== Math.round(height * pixelRatio)) canvas.height = Math.round(height * pixelRatio);
    const { x, y } = fromOl(center);
    context?.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    const [left, top] = [x - (width / 2) * resolution, y - (height / 2) * resolution];
    if (context !== null) draw({ context, width, height, resolution, left, top });
    return canvas;
  };
  return new Layer({ render });
}

/** The lines of a grid that cross the sheet: their number, and where they lie on it. */
function lines(first: number, lengthPx: number, resolution: number, step: number): { nth: number; at: number }[] {
  const [from, to] = [Math.floor(first / step), Math.ceil((first + lengthPx * resolution) / step)];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index).map((nth) => ({
    nth,
    at: (nth * step - first) / resolution,
  }));
}

const CELL_PX = 150;

function drawChecker(sheet: Sheet, step: number, opacity: number, ink: string): void {
  const { context, width, height, resolution, left, top } = sheet;
  const side = step / resolution;
  context.globalAlpha = opacity;
  context.fillStyle = ink;
  for (const column of lines(left, width, resolution, step))
    for (const row of lines(top, height, resolution, step))
      if ((column.nth + row.nth) % 2 === 0) context.fillRect(column.at, row.at, side, side);
  context.globalAlpha = 1;
}

const ARM_PX = 4;

function drawMarks(sheet: Sheet, step: number, opacity: number, ink: string): void {
  const { context, width, height, resolution, left, top } = sheet;
  context.globalAlpha = opacity;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.beginPath();
  for (const column of lines(left, width, resolution, step))
    for (const row of lines(top, height, resolution, step)) {
      const [x, y] = [Math.round(column.at) + 0.5, Math.round(row.at) + 0.5];
      context.moveTo(x - ARM_PX, y);
      context.lineTo(x + ARM_PX, y);
      context.moveTo(x, y - ARM_PX);
      context.lineTo(x, y + ARM_PX);
    }
  context.stroke();
  context.globalAlpha = 1;
}

/** Blank land: a chart that nobody has filled in yet. Its squares halve as one comes nearer, one kind fading into the next. */
export const paperLayer = (inks: () => Inks): Layer =>
  layer((sheet) => {
    const { light, dark, mark } = inks();
    sheet.context.fillStyle = light;
    sheet.context.fillRect(0, 0, sheet.width, sheet.height);
    const level = Math.log2(CELL_PX * sheet.resolution);
    const [step, part] = [2 ** Math.floor(level), level - Math.floor(level)];
    drawChecker(sheet, step, 1 - part, dark);
    drawChecker(sheet, step * 2, part, dark);
    drawMarks(sheet, step, 1 - part, mark);
    drawMarks(sheet, step * 2, 1, mark);
  });

/** Nearer than this the grid begins to show. */
const GRID_FROM_RESOLUTION = 2;

/** The borders of the tiles with their coordinates, faint, for who looks closely. */
export const gridLayer = (inks: () => Inks): Layer =>
  layer((sheet) => {
    const { context, width, height, resolution, left, top } = sheet;
    context.clearRect(0, 0, width, height);
    const opacity = Math.min(1, Math.max(0, Math.log2(GRID_FROM_RESOLUTION / resolution)));
    if (opacity === 0) return;
    const { grid, word } = inks();
    const [columns, rows] = [lines(left, width, resolution, TILE_PX), lines(top, height, resolution, TILE_PX)];
    context.globalAlpha = opacity;
    context.strokeStyle = grid;
    context.lineWidth = 1;
    context.setLineDash([1, 5]);
    context.beginPath();
    for (const { at } of columns) {
      context.moveTo(Math.round(at) + 0.5, 0);
      context.lineTo(Math.round(at) + 0.5, height);
    }
    for (const { at } of rows) {
      context.moveTo(0, Math.round(at) + 0.5);
      context.lineTo(width, Math.round(at) + 0.5);
    }
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = word;
    context.font = "500 11px 'Figtree Variable', system-ui, sans-serif";
    for (const column of columns)
      for (const row of rows)
        context.fillText(`${column.nth * TILE_PX}, ${row.nth * TILE_PX}`, column.at + 6, row.at + 15);
    context.globalAlpha = 1;
  });
