const START_TRACES = 1024;
/** 1 MiB a generation. */
const MAX_TRACES = 65_536;
const LOAD = 2;

/**
 * The traces that were noted in the last one to two periods, at most 131,072 of them: two generations of a hash table
 * of 64 bits of their ids, of which the older is emptied when a period is over, or the younger is full.
 */
export class RecentTraces {
  readonly #periodMs: number;
  #young = new TraceTable();
  #old = new TraceTable();
  #turnMs = Number.NEGATIVE_INFINITY;
  /** How often traces were forgotten before their time, because there were too many. */
  overflows = 0;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  has(high: number, low: number): boolean {
    return this.#young.has(high, low) || this.#old.has(high, low);
  }

  note(high: number, low: number, nowMs: number): void {
    this.expire(nowMs);
    if (this.#young.count === MAX_TRACES) {
      this.overflows++;
      this.#turn(nowMs);
    }
    this.#young.add(high, low);
  }

  /** Forgets what is older than it need be known. */
  expire(nowMs: number): void {
    if (nowMs - this.#turnMs < this.#periodMs) return;
    if (this.#young.count > 0 || this.#old.count > 0) this.#turn(nowMs);
    else this.#turnMs = nowMs;
  }

  #turn(nowMs: number): void {
    this.#turnMs = nowMs;
    const emptied = this.#old;
    emptied.clear();
    this.#old = this.#young;
    this.#young = emptied;
  }
}

/** Open addressing over a power of two, two words a slot; a pair of zeros is none. */
class TraceTable {
  count = 0;
  #words = new Uint32Array(2 * LOAD * START_TRACES);

  has(high: number, low: number): boolean {
    const at = this.#find(high, low);
    return (this.#words[at] | this.#words[at + 1]) !== 0;
  }

  add(high: number, low: number): void {
    if (this.has(high, low) || (high | low) === 0) return;
    if (this.count * 2 * LOAD === this.#words.length) this.#grow();
    this.#put(high, low);
    this.count++;
  }

  clear(): void {
    this.count = 0;
    if (this.#words.length > 8 * LOAD * START_TRACES) this.#words = new Uint32Array(2 * LOAD * START_TRACES);
    else this.#words.fill(0);
  }

  #put(high: number, low: number): void {
    const at = this.#find(high, low);
    this.#words[at] = high;
    this.#words[at + 1] = low;
  }

  /** Where it stands, or would. */
  #find(high: number, low: number): number {
    const words = this.#words;
    const mask = words.length - 1;
    const hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
    for (let at = ((hash ^ (hash >>> 15)) << 1) & mask; ; at = (at + 2) & mask) {
      if ((words[at] | words[at + 1]) === 0) return at;
      if (words[at] === high && words[at + 1] === low) return at;
    }
  }

  #grow(): void {
    const words = this.#words;
    this.#words = new Uint32Array(words.length * 2);
    for (let at = 0; at < words.length; at += 2) {
      if ((words[at] | words[at + 1]) !== 0) this.#put(words[at], words[at + 1]);
    }
  }
}
