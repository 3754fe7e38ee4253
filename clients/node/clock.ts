/** A timer that was scheduled and can be called off. */
export interface Scheduled {
  cancel(): void;
}

/** Where the client's time comes from: the only file of the client that touches the machine's clocks and timers. */
export interface ClientClock {
  /** Unix time in milliseconds. */
  wallMs(): number;
  /** Milliseconds since an arbitrary origin; never goes back. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`. It does not keep the process alive, unless `holdProcess`. */
  schedule(delayMs: number, callback: () => void, holdProcess?: boolean): Scheduled;
  /** Calls back once this turn of the event loop is over. */
  soon(callback: () => void): void;
}

export const systemClock: ClientClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, callback, holdProcess = false) => {
    const timer = setTimeout(callback, delayMs);
    if (!holdProcess) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (callback) => {
    setImmediate(callback);
  },
};
