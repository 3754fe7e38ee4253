import type { FieldsOf, MeasurementName } from '../../core/point.ts';
import type { Answer, WordKind } from './answer.ts';
import type { Convert } from './conversion.ts';

/** Fields while they are gathered, by name. What is not said is not there. */
export type Draft = Record<string, number | string>;

/** Where a field stands in what the driver filled, and what becomes of it. */
export interface FieldRule {
  readonly field: string;
  readonly at: number;
  readonly kind: WordKind;
  readonly convert: Convert<number | string>;
}

type ValueOf<M extends MeasurementName, F extends keyof FieldsOf<M>> = [FieldsOf<M>[F]] extends [
  string | undefined,
]
  ? string
  : number;

/** A maker of rules that knows the fields of a measurement and their types. */
export function rulesOf<M extends MeasurementName>() {
  return <F extends keyof FieldsOf<M> & string>(
    field: F,
    [at, kind]: readonly [number, WordKind],
    convert: Convert<ValueOf<M, F>>,
  ): FieldRule => ({ field, at, kind, convert });
}

/** Hot: each field of each tick. */
export function takeFields(rules: readonly FieldRule[], answer: Answer, draft: Draft): void {
  for (const { field, at, kind, convert } of rules) {
    const raw = answer.read(kind, at);
    const value = raw === undefined ? undefined : convert(raw);
    if (value !== undefined) draft[field] = value;
  }
}
