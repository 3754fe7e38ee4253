/** Where time comes from. Everything that waits or stamps takes one, so that tests never sleep. */
export interface Clock {
  /** Unix time in milliseconds, with a fraction. */
  wallMs(): number;
  /** Milliseconds since an arbitrary origin; never goes back. Use it for durations. */
  monotonicMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts; it never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export class SystemClock implements Clock {
  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.max(0, delayMs));
      signal?.addEventListener('abort', finish, { once: true });
    });
  }
}
