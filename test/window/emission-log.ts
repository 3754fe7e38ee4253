/** One window that was written, with the requests that its latest point stated. */
export interface Emission {
  readonly requests: number;
  /** The flush at which it was written, provisionally or finally. */
  readonly flush: number;
  readonly times: number;
}

/** What a store would hold of `inference`: the last point of each window. */
export class EmissionLog {
  #written = new Map<string, Emission>();

  write(key: string, requests: number, flush: number): Emission | undefined {
    const before = this.#written.get(key);
    this.#written.set(key, { requests, flush, times: (before?.times ?? 0) + 1 });
    return before;
  }

  find(key: string): Emission | undefined {
    return this.#written.get(key);
  }

  keys(): string[] {
    return [...this.#written.keys()];
  }

  /** What a store holds after a crash that undid everything since. */
  copy(): EmissionLog {
    const copy = new EmissionLog();
    copy.#written = new Map(this.#written);
    return copy;
  }
}
