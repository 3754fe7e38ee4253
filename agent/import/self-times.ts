import type { Interval, IntervalRuns } from './interval-runs.ts';
import type { OperatorTable } from './operator-table.ts';

/** An operator that has not ended yet. */
interface OpenInterval {
  readonly operator: number;
  readonly endNs: number;
  readonly durationNs: number;
  /** Time in the operators that it calls. */
  calledNs: number;
}

/**
 * Adds what ran on threads to the table. An operator's own time is its duration less that of the operators within it on
 * the same thread, as torch.profiler counts it; of one that reaches beyond its caller, the part within.
 */
export function addSelfTimes(intervals: IntervalRuns, table: OperatorTable): void {
  const open: OpenInterval[] = [];
  let thread = -1;
  const closeUntil = (timeNs: number): void => {
    for (let last = open.at(-1); last !== undefined && last.endNs <= timeNs; last = open.at(-1)) {
      table.add(last.operator, last.durationNs, Math.max(0, last.durationNs - last.calledNs));
      open.pop();
    }
  };
  for (const interval of intervals.sorted()) {
    closeUntil(interval.thread === thread ? interval.startNs : Number.POSITIVE_INFINITY);
    thread = interval.thread;
    open.push(openInterval(interval, open.at(-1)));
  }
  closeUntil(Number.POSITIVE_INFINITY);
}

function openInterval(
  { operator, startNs, durationNs }: Interval,
  caller: OpenInterval | undefined,
): OpenInterval {
  const endNs = startNs + durationNs;
  if (caller !== undefined) caller.calledNs += Math.min(endNs, caller.endNs) - startNs;
  return { operator, endNs, durationNs, calledNs: 0 };
}
