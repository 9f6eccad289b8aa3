import { atRest } from './atRest';
import type { Hands, Tool, Touch } from './tool';

/** Runs the states: hands each event to the one that holds, and keeps the one that it answers with. */
export class Gesture {
  private tool: Tool;

  constructor(private readonly hands: Hands) {
    this.tool = atRest(hands);
  }

  get state(): Tool {
    return this.tool;
  }

  /** Whether the map must keep still under what is going on. */
  get holdsMap(): boolean {
    return this.tool.holdsMap;
  }

  press(touch: Touch): void {
    this.tool = this.tool.press?.(touch) ?? this.tool;
  }

  drag(touch: Touch): void {
    this.tool = this.tool.drag?.(touch) ?? this.tool;
  }

  release(touch: Touch): void {
    this.tool = this.tool.release?.(touch) ?? this.tool;
  }

  hover(touch: Touch): void {
    this.tool.hover?.(touch);
  }

  cancel(): void {
    this.tool = this.tool.cancel?.() ?? this.tool;
  }

  /** The server is asked. */
  await(): void {
    this.tool = atRest(this.hands);
  }

  /** The server has answered. */
  settle(): void {
    this.tool = this.tool.settle?.() ?? this.tool;
  }
}
