/** Sequences this far below the highest seen are still told apart; older ones count as duplicates. */
const WINDOW = 1024;
const ACKS = 64;
const ACK_STATE = WINDOW / 32;
const ACK_FIELDS = 3;
const STATE_LENGTH = ACK_STATE + ACKS * ACK_FIELDS;

/** How a batch was answered the first time. */
export interface FirstAnswer {
  readonly accepted: number;
  readonly rejected: number;
}

/** Which batches of one producer were counted, and how the last of them were answered. */
export class ProducerWindow {
  /** Highest sequence counted. */
  highest = 0;
  /** Unix ms of the last batch. */
  seenMs = 0;
  /** Changed since it was last written. */
  dirty = false;
  /** On disk. */
  stored = false;
  /**
   * A bit for each sequence of the window, at its remainder by 1,024; then, at its remainder by 64, the low half
   * of a sequence and its answer. Flat, so that it is stored as it is.
   */
  readonly #state: Uint32Array;

  constructor(state: Uint32Array = new Uint32Array(STATE_LENGTH)) {
    this.#state = state;
  }

  /** Undefined if `encode` did not write these bytes. */
  static decode(bytes: Uint8Array): ProducerWindow | undefined {
    if (bytes.length !== STATE_LENGTH * 4) return undefined;
    return new ProducerWindow(new Uint32Array(bytes.slice().buffer));
  }

  /** A copy, in this machine's byte order. */
  encode(): Uint8Array {
    return new Uint8Array(this.#state.slice().buffer);
  }

  has(sequence: number): boolean {
    if (sequence > this.highest) return false;
    if (sequence <= this.highest - WINDOW) return true;
    const bit = sequence % WINDOW;
    return ((this.#state[bit >>> 5] >>> (bit & 31)) & 1) === 1;
  }

  /** How a sequence was answered; undefined if that is too long ago. */
  answer(sequence: number): FirstAnswer | undefined {
    const at = ackPlace(sequence);
    if (this.#state[at] !== sequence >>> 0) return undefined;
    return { accepted: this.#state[at + 1], rejected: this.#state[at + 2] };
  }

  add(sequence: number, { accepted, rejected }: FirstAnswer): void {
    if (sequence > this.highest) this.#moveTo(sequence);
    const bit = sequence % WINDOW;
    this.#state[bit >>> 5] |= 1 << (bit & 31);
    const at = ackPlace(sequence);
    if (sequence <= this.highest - ACKS) return;
    this.#state[at] = sequence >>> 0;
    this.#state[at + 1] = accepted;
    this.#state[at + 2] = rejected;
  }

  #moveTo(highest: number): void {
    if (highest - this.highest >= WINDOW) this.#state.fill(0, 0, ACK_STATE);
    else {
      for (let sequence = this.highest + 1; sequence < highest; sequence++) {
        const bit = sequence % WINDOW;
        this.#state[bit >>> 5] &= ~(1 << (bit & 31));
      }
    }
    this.highest = highest;
  }
}

function ackPlace(sequence: number): number {
  return ACK_STATE + (sequence % ACKS) * ACK_FIELDS;
}
