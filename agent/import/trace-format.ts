import type { IntervalRuns } from './interval-runs.ts';
import type { Fields, TraceShape } from './json-elements.ts';
import type { OperatorTable } from './operator-table.ts';
import type { RequestTimeline } from './request-timeline.ts';

/** Where a reader puts what it finds in one file. */
export interface TraceSinks {
  readonly operators: OperatorTable;
  /** What ran on threads, whose own time follows from what lies within what. */
  readonly intervals: IntervalRuns;
  readonly requests: RequestTimeline;
  /** Counts what was left out, by reason. */
  readonly skip: (reason: string) => void;
}

/** Reads the elements of one file. */
export interface TraceReader {
  /** Takes an element; returns what it should have been if it is none of this format. */
  take(element: Fields): string | undefined;
  /** A value beside the elements. */
  member?(name: string, value: unknown): void;
  /** After the last element: what is missing, if nothing of use was there. */
  missing(): string | undefined;
  /** Runs of the model that the operators are of; 0: unknown. */
  readonly iterations: number;
  /** Unix ms at which the file's clock is 0; undefined: the file does not say. */
  readonly epochMs?: number | undefined;
}

/** A kind of file. */
export interface TraceFormat {
  /** As `--kind` names it. */
  readonly kind: string;
  /** For people. */
  readonly title: string;
  readonly profiler: string;
  readonly shape: TraceShape;
  /** Whether a file with this element is of the format; asked of the first elements. */
  recognises(element: Fields): boolean;
  createReader(sinks: TraceSinks): TraceReader;
}

/** A number that a time or a count may be, or undefined. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
