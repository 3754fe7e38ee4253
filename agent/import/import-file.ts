import { setImmediate } from 'node:timers/promises';
import type { OperatorTotals } from '../core/operator-totals.ts';
import { ImportError, TraceFault } from './import-error.ts';
import { IntervalRuns } from './interval-runs.ts';
import { type ElementVisitor, type Fields, JsonElements } from './json-elements.ts';
import { OperatorTable } from './operator-table.ts';
import { RequestTimeline } from './request-timeline.ts';
import { addSelfTimes } from './self-times.ts';
import { openTrace, type TraceBytes } from './trace-bytes.ts';
import type { TraceFormat, TraceReader } from './trace-format.ts';
import { traceFormats } from './trace-formats.ts';

export interface ImportOptions {
  /** Absent: as the content says. */
  readonly format?: TraceFormat;
  /** Where temporary files go. */
  readonly temporaryFolder: string;
  readonly signal: AbortSignal;
  /** Bytes of the file that were read so far, of how many. */
  readonly progress: (readBytes: number, bytes: number) => void;
}

/** What one file says. */
export interface ImportedFile {
  readonly path: string;
  readonly format: TraceFormat;
  readonly bytes: number;
  readonly elements: number;
  readonly iterations: number;
  readonly operators: readonly OperatorTotals[];
  readonly requests: RequestTimeline;
  /** Unix ms at which its requests begin. */
  readonly startMs: number;
  /** What was left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Intervals that are sorted in memory, 6 MB of them. */
const SORTED_IN_MEMORY = 256 * 1024;

/** 2000-01-01: a clock that says less began with the profile. */
const EARLIEST_MS = 946_684_800_000;
/** Clocks differ; a trace of much later than its file was not stamped with the time of day. */
const MAX_AHEAD_MS = 86_400_000;

/** Reads one file. Rejects with `ImportError`, or with the signal's reason. */
export async function importFile(path: string, options: ImportOptions): Promise<ImportedFile> {
  const { signal, progress } = options;
  const intake = new FileIntake(path, options);
  let [readBytes, bytes] = [0, 0];
  const read = (more: number): void => {
    readBytes += more;
    progress(readBytes, bytes);
  };
  let trace: TraceBytes | undefined;
  try {
    trace = await openTrace(path, { read, signal });
    bytes = trace.bytes;
    for await (const chunk of trace.chunks) intake.write(chunk);
    return await intake.finish(trace, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw importErrorOf(error, path);
  } finally {
    intake.close();
    await trace?.close();
  }
}

/** Takes the elements of a file, once the first says of which format they are. */
class FileIntake implements ElementVisitor {
  readonly #path: string;
  readonly #expected: TraceFormat | undefined;
  readonly #json = new JsonElements(this);
  readonly #operators = new OperatorTable();
  readonly #intervals: IntervalRuns;
  readonly #requests = new RequestTimeline();
  readonly #skipped = new Map<string, number>();
  readonly #members = new Map<string, unknown>();
  #format: TraceFormat | undefined;
  #reader: TraceReader | undefined;
  #elements = 0;

  constructor(path: string, { format, temporaryFolder }: ImportOptions) {
    this.#path = path;
    this.#expected = format;
    this.#intervals = new IntervalRuns(SORTED_IN_MEMORY, temporaryFolder);
  }

  write(chunk: Uint8Array): void {
    this.#json.write(chunk);
  }

  member(name: string, value: unknown): void {
    this.#members.set(name, value);
  }

  element(value: unknown, byte: number): void {
    if (typeof value !== 'object' || value === null) throw new TraceFault(byte, 'expected an object');
    const element = value as Fields;
    const reader = this.#reader ?? this.#open(element, byte);
    this.#elements++;
    const flaw = placed(byte, () => reader.take(element));
    if (flaw !== undefined) throw new TraceFault(byte, `expected ${flaw}`);
  }

  /** After the last byte. */
  async finish({ bytes, modifiedMs }: TraceBytes, signal: AbortSignal): Promise<ImportedFile> {
    this.#json.end();
    const [format, reader] = [this.#format, this.#reader];
    if (format === undefined || reader === undefined)
      throw new TraceFault(undefined, `expected ${titlesOf(this.#expected)}, found nothing of it`);
    const missing = reader.missing();
    if (missing !== undefined) throw new TraceFault(undefined, `expected ${missing}`);
    for (const [name, value] of this.#members) reader.member?.(name, value);
    await addSelfTimes(this.#intervals, this.#operators, async () => {
      await setImmediate();
      signal.throwIfAborted();
    });
    return {
      path: this.#path,
      format,
      bytes,
      elements: this.#elements,
      iterations: reader.iterations,
      operators: this.#operators.totals(),
      requests: this.#requests,
      startMs: this.#startMs(reader.epochMs ?? 0, modifiedMs),
      skipped: Object.fromEntries(this.#skipped),
    };
  }

  close(): void {
    this.#intervals.close();
  }

  /** Of the first slice; where the file's own clock does not say, its last request was just before it was changed. */
  #startMs(epochMs: number, modifiedMs: number): number {
    const { startMs, lengthMs } = this.#requests;
    const isStamped = epochMs + startMs >= EARLIEST_MS && epochMs + startMs <= modifiedMs + MAX_AHEAD_MS;
    return isStamped ? epochMs + startMs : modifiedMs - lengthMs;
  }

  #open(element: Fields, byte: number): TraceReader {
    const isOfShape = (format: TraceFormat): boolean => format.shape === this.#json.shape;
    const known =
      this.#expected ?? traceFormats.find((format) => isOfShape(format) && format.recognises(element));
    if (known === undefined || !isOfShape(known))
      throw new TraceFault(byte, `expected ${titlesOf(this.#expected)}`);
    this.#format = known;
    this.#reader = known.createReader({
      operators: this.#operators,
      intervals: this.#intervals,
      requests: this.#requests,
      skip: (reason) => this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1),
    });
    return this.#reader;
  }
}

function titlesOf(format: TraceFormat | undefined): string {
  return format?.title ?? traceFormats.map(({ title }) => title).join(', or ');
}

/** Gives a fault of an element its place. */
function placed<T>(byte: number, take: () => T): T {
  try {
    return take();
  } catch (error) {
    if (error instanceof TraceFault) throw new TraceFault(error.byte ?? byte, error.message);
    throw error;
  }
}

function importErrorOf(error: unknown, path: string): unknown {
  if (error instanceof TraceFault)
    return new ImportError(path, error.byte, error.message, { cause: error.cause });
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const isPacking = code?.startsWith('Z_') === true;
  if (!isPacking && syscall === undefined) return error;
  const what = isPacking ? `expected a whole gzip file: ${message}` : message;
  return new ImportError(path, undefined, what, { cause: error });
}
