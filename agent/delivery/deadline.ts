import type { Clock } from '../core/clock.ts';

export interface Deadline {
  readonly signal: AbortSignal;
  /** Lets go of the timer and of the parent; the signal aborts now, if it has not yet. */
  end(): void;
}

/** A signal that aborts after `delayMs`, or with `parent`. */
export function startDeadline(clock: Clock, delayMs: number, parent: AbortSignal): Deadline {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  parent.addEventListener('abort', abort, { once: true });
  if (parent.aborted) abort();
  void clock.sleep(delayMs, controller.signal).then(abort);
  return {
    signal: controller.signal,
    end: () => {
      parent.removeEventListener('abort', abort);
      abort();
    },
  };
}

/** Resolves when `work` has settled or `signal` aborts, whichever is first. */
export async function settledOrAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: ended.signal });
    if (signal.aborted) resolve();
  });
  await Promise.race([work, aborted]);
  ended.abort();
}
