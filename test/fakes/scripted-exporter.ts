import { gunzipSync } from 'node:zlib';
import type { Exporter, ExportOutcome, PointBatch } from '../../agent/core/exporter.ts';

type Answer = (lines: readonly string[], signal: AbortSignal) => ExportOutcome | Promise<ExportOutcome>;

/** Answers as the test says, and keeps the lines of each request. */
export class ScriptedExporter implements Exporter {
  readonly name: string;
  readonly durable: boolean;
  /** Lines of each request, in order, whatever the answer. */
  readonly requests: (readonly string[])[] = [];
  /** Lines that were answered with `accepted`. */
  readonly accepted: string[] = [];
  /** Requests under way, now and at most. */
  underWay = 0;
  maxUnderWay = 0;
  #answer: Answer = () => ({ kind: 'accepted' });

  constructor(name = 'scripted', durable = true) {
    this.name = name;
    this.durable = durable;
  }

  /** From now on. */
  answerWith(answer: ExportOutcome | Answer): void {
    this.#answer = typeof answer === 'function' ? answer : () => answer;
  }

  /** The next requests get these, those after them are accepted. */
  script(...outcomes: readonly ExportOutcome[]): void {
    const left = [...outcomes];
    this.answerWith(() => left.shift() ?? { kind: 'accepted' });
  }

  /** Never answers before its signal aborts, as a server behind a dead link. */
  hang(): void {
    this.answerWith((_lines, signal) => {
      const aborted: ExportOutcome = { kind: 'retry', reason: 'aborted' };
      if (signal.aborted) return aborted;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(aborted)));
    });
  }

  async export(batch: PointBatch, signal: AbortSignal): Promise<ExportOutcome> {
    const lines = gunzipSync(batch.gzip).toString().trimEnd().split('\n');
    if (lines.length !== batch.points) throw new Error(`${lines.length} lines, but ${batch.points} points`);
    this.requests.push(lines);
    this.underWay += 1;
    this.maxUnderWay = Math.max(this.maxUnderWay, this.underWay);
    const outcome = await this.#answer(lines, signal);
    this.underWay -= 1;
    if (outcome.kind === 'accepted') this.accepted.push(...lines);
    return outcome;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}
}
