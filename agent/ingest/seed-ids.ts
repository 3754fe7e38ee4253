import { FIRST_SEED_ID } from './byte-intern.ts';

/** Strings whose ids never change. */
const SEEDS = ['ttft', 'tpot', 'gpu'] as const;

/** String ids of the phases that are derived from a span's tokens. */
export const TTFT_ID = FIRST_SEED_ID;
export const TPOT_ID = FIRST_SEED_ID + 1;
/** The key of the label that says where a request ran. */
export const GPU_KEY_ID = FIRST_SEED_ID + 2;

/** Strings whose ids never change: those above and the keys of the labels that become tags. */
export class SeedIds {
  readonly strings: readonly string[];
  readonly #slotOfId: readonly number[];

  constructor(labels: readonly string[]) {
    this.strings = [...new Set([...SEEDS, ...labels])];
    this.#slotOfId = this.strings.map((text) => labels.indexOf(text));
  }

  /** The place of a label in the list of those allowed, from the id of its key; -1: not allowed. */
  labelSlot(keyId: number): number {
    return this.#slotOfId[keyId - FIRST_SEED_ID] ?? -1;
  }
}
