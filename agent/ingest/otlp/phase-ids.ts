import { FIRST_SEED_ID } from '../byte-intern.ts';

/** Strings with the same id in every generation of the intern table; the first three as `seed-ids.ts` has them. */
export const PHASE_SEEDS = [
  'ttft',
  'tpot',
  'gpu',
  'queue',
  'preprocess',
  'inference',
  'postprocess',
  'prefill',
  'decode',
] as const;

/** Interned ids of the phases that mappings state. Time to first token has a field of its own in `MappedRequest`. */
export const PhaseId = {
  tpot: FIRST_SEED_ID + 1,
  queue: FIRST_SEED_ID + 3,
  preprocess: FIRST_SEED_ID + 4,
  inference: FIRST_SEED_ID + 5,
  postprocess: FIRST_SEED_ID + 6,
  prefill: FIRST_SEED_ID + 7,
  decode: FIRST_SEED_ID + 8,
} as const;
