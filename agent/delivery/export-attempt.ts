import type { Clock } from '../core/clock.ts';
import type { Exporter, ExportOutcome, PointBatch } from '../core/exporter.ts';
import { startDeadline } from './deadline.ts';

/** One request may take this long. */
const EXPORT_DEADLINE_MS = 10_000;

export interface ExportAttempt {
  readonly outcome: ExportOutcome;
  readonly durationMs: number;
}

/** One request with its deadline; also ended by `stop`. An exporter that throws has a bug, and is tried again. */
export async function attemptExport(
  exporter: Exporter,
  batch: PointBatch,
  clock: Clock,
  stop: AbortSignal,
): Promise<ExportAttempt> {
  const startedMs = clock.monotonicMs();
  const deadline = startDeadline(clock, EXPORT_DEADLINE_MS, stop);
  try {
    const outcome = await exporter.export(batch, deadline.signal);
    return { outcome, durationMs: clock.monotonicMs() - startedMs };
  } catch (error) {
    const reason = `bug: the exporter threw: ${error instanceof Error ? error.message : String(error)}`;
    return { outcome: { kind: 'retry', reason }, durationMs: clock.monotonicMs() - startedMs };
  } finally {
    deadline.end();
  }
}
