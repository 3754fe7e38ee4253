import { expect } from 'chai';
import type { WindowLength } from '../../agent/core/window-length.ts';
import type { EmissionLog } from './emission-log.ts';
import { MODELS } from './model-actions.ts';
import type { ReferenceWindows } from './reference-windows.ts';

interface Known {
  readonly log: EmissionLog;
  readonly reference: ReferenceWindows;
  readonly lengths: readonly WindowLength[];
  /** Up to here nothing is demanded. */
  readonly doubtfulEnd: number;
}

/** What stands when windows are final, with an end later than `after` and up to `upTo`, is the truth. */
export function checkFinals(known: Known, after: number, upTo: number): void {
  for (let end = Math.max(after, upTo - 200, known.doubtfulEnd) + 1; end <= upTo; end++) {
    for (const length of known.lengths) {
      if (end % length.hop !== 0) continue;
      for (let model = 0; model < MODELS; model++) checkFinal(`m${model}`, length, end, known);
    }
  }
}

function checkFinal(
  model: string,
  { name, slices, hop }: WindowLength,
  end: number,
  { log, reference, doubtfulEnd }: Known,
): void {
  const key = `${model} ${name} ${end}`;
  const truth = reference.spansIn(model, slices, end).length;
  const written = log.find(key);
  const previous = log.find(`${model} ${name} ${end - hop}`);
  if (truth > 0 || written !== undefined) expect(written?.requests, key).to.equal(truth);
  else if (end - hop > doubtfulEnd)
    expect(previous?.requests ?? 0, `${key}: what ended is closed with 0`).to.equal(0);
}
