import type { WindowLength } from '../core/window-length.ts';
import type { Slice } from './slice.ts';
import type { SliceRing } from './slice-ring.ts';
import type { WindowState } from './window-state.ts';

/** One window that is to be emitted: what is the same for all series. */
export interface DueWindow {
  /** In the order of `WindowState.lengths`. */
  readonly position: number;
  readonly length: WindowLength;
  readonly end: number;
  /** Those of its slices in which anything was recorded, oldest first. */
  readonly slices: readonly Slice[];
  readonly coverage: number;
}

/** What moves when windows move to an end. */
export interface EndStep {
  readonly entering: Slice | undefined;
  /** By running window. */
  readonly leaving: readonly (Slice | undefined)[];
  readonly due: readonly DueWindow[];
}

/** What a flush needs to know of slices and ends, looked up once for all series. */
export class FlushPlan {
  readonly #state: WindowState;
  readonly #steps = new Map<number, EndStep>();
  readonly #finals = new Map<number, readonly DueWindow[]>();
  #version = -1;

  constructor(state: WindowState) {
    this.#state = state;
  }

  /** To be called when a flush begins. */
  clear(): void {
    this.#steps.clear();
    this.#finals.clear();
    this.#version = this.#state.ring.version;
  }

  /** The step of the windows from `end - 1` to `end`. */
  step(end: number): EndStep {
    if (this.#version !== this.#state.ring.version) this.clear();
    const known = this.#steps.get(end);
    if (known !== undefined) return known;
    const { ring, running } = this.#state;
    const step = {
      entering: ring.find(end - 1),
      leaving: running.map(({ length }) => ring.find(end - 1 - length.slices)),
      due: this.#due(end),
    };
    this.#steps.set(end, step);
    return step;
  }

  /** Windows with this end that may have to be written once more. A window that lost a slice since is thinner now. */
  finals(end: number): readonly DueWindow[] {
    if (this.#version !== this.#state.ring.version) this.clear();
    const known = this.#finals.get(end);
    if (known !== undefined) return known;
    const finals = this.#due(end).filter(({ length }) => end - length.slices >= this.#state.evictedEnd);
    this.#finals.set(end, finals);
    return finals;
  }

  #due(end: number): DueWindow[] {
    const { intervalMs } = this.#state.options;
    return this.#state.lengths.flatMap((length, position) => {
      if (end % length.hop !== 0 || this.#state.emitted.isSealed(length.name, end * intervalMs)) return [];
      return [
        {
          position,
          length,
          end,
          slices: slicesOf(this.#state.ring, length, end),
          coverage: this.#coverage(length, end),
        },
      ];
    });
  }

  #coverage(length: WindowLength, end: number): number {
    const { intervalMs } = this.#state.options;
    const windowMs = length.slices * intervalMs;
    return this.#state.watch.watchedMs(end * intervalMs - windowMs, end * intervalMs) / windowMs;
  }
}

/** The slices of a window in which anything was recorded, oldest first. */
export function slicesOf(ring: SliceRing, length: WindowLength, end: number): Slice[] {
  const slices: Slice[] = [];
  for (let index = end - length.slices; index < end; index++) {
    const slice = ring.find(index);
    if (slice !== undefined) slices.push(slice);
  }
  return slices;
}
