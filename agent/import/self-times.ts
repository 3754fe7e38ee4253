import type { IntervalRuns } from './interval-runs.ts';
import type { OperatorTable } from './operator-table.ts';
import type { Interval } from './sorted-runs.ts';

const PAUSE_EVERY = 100_000;

/** An operator that has not ended yet. */
interface OpenInterval {
  readonly operator: number;
  readonly endNs: number;
  readonly durationNs: number;
  /** Operators that it called so far, and the time in them. */
  called: number;
  calledNs: number;
  /** The one that it called, if that was itself again: a call of its own only if it calls another one. */
  again: EndedInterval | undefined;
}

interface EndedInterval {
  readonly durationNs: number;
  readonly selfNs: number;
}

/**
 * Adds what ran on threads to the table, as torch.profiler counts it (`key_averages`). An operator's own time is its
 * duration less that of the operators within it on the same thread; of one that reaches beyond its caller, the part
 * within. An operator that does nothing but call itself (an overload, mostly) is one call.
 *
 * `pause` is awaited now and then: millions of intervals take seconds, in which a user may have had enough.
 */
export async function addSelfTimes(
  intervals: IntervalRuns,
  table: OperatorTable,
  pause: () => Promise<void>,
): Promise<void> {
  const open: OpenInterval[] = [];
  let [thread, added] = [-1, 0];
  const closeUntil = (timeNs: number): void => {
    for (let last = open.at(-1); last !== undefined && last.endNs <= timeNs; last = open.at(-1)) {
      open.pop();
      close(last, open.at(-1), table);
    }
  };
  for (const interval of intervals.sorted()) {
    closeUntil(interval.thread === thread ? interval.startNs : Number.POSITIVE_INFINITY);
    thread = interval.thread;
    if (++added % PAUSE_EVERY === 0) await pause();
    open.push(openInterval(interval, open.at(-1), table));
  }
  closeUntil(Number.POSITIVE_INFINITY);
}

function openInterval(
  interval: Interval,
  caller: OpenInterval | undefined,
  table: OperatorTable,
): OpenInterval {
  const { operator, startNs, durationNs } = interval;
  const endNs = startNs + durationNs;
  if (caller !== undefined) {
    caller.called++;
    caller.calledNs += Math.min(endNs, caller.endNs) - startNs;
    if (caller.again !== undefined) table.add(caller.operator, caller.again.durationNs, caller.again.selfNs);
    caller.again = undefined;
  }
  return { operator, endNs, durationNs, called: 0, calledNs: 0, again: undefined };
}

function close(interval: OpenInterval, caller: OpenInterval | undefined, table: OperatorTable): void {
  const { operator, durationNs, calledNs, again } = interval;
  const selfNs = Math.max(0, durationNs - calledNs) + (again?.selfNs ?? 0);
  if (caller?.operator === operator && caller.called === 1) caller.again = { durationNs, selfNs };
  else table.add(operator, durationNs, selfNs);
}
