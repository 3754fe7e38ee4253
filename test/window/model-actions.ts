import fc from 'fast-check';
import type { SpanStatus } from '../../agent/core/span-sink.ts';

/** Series that a run uses. */
export const MODELS = 20;
const PHASES = ['queue', 'inference', 'ttft'];

/** A span that a run is to record. */
export interface SpanDraw {
  readonly model: number;
  /** 0: as late as may be, 1: as early. */
  readonly at: number;
  readonly copies: number;
  readonly durationNs: number;
  readonly status: SpanStatus;
  readonly weight: number | undefined;
  readonly batchSize: number | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly phases: Readonly<Record<string, number>>;
}

const durationNs = fc.oneof(fc.integer({ min: 0, max: 3e8 }), fc.constantFrom(0, 1, 5e9, 2 ** 50));
const maybe = (max: number) => fc.option(fc.integer({ min: 0, max }), { nil: undefined });
const span: fc.Arbitrary<SpanDraw> = fc.record({
  model: fc.nat(MODELS - 1),
  at: fc.oneof(fc.constant(1), fc.constant(0.9), fc.double({ min: 0, max: 1, noNaN: true })),
  copies: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.constantFrom(60, 130, 1100)),
  durationNs,
  status: fc.constantFrom<SpanStatus>(0, 1, 1, 1, 2),
  weight: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  batchSize: maybe(64),
  inputTokens: maybe(5000),
  outputTokens: maybe(900),
  phases: fc.dictionary(fc.constantFrom(...PHASES), durationNs, { maxKeys: 3 }),
});
const spans = fc.array(span, { maxLength: 12 });
/** What may happen to an aggregator. */
export const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('record' as const), spans }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('flush' as const), between: spans }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      share: fc.double({ min: 0, max: 3, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('capture' as const), commit: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      share: fc.double({ min: 0, max: 60, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('stepForward' as const),
      share: fc.double({ min: 0, max: 100, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('stepBack' as const),
      share: fc.double({ min: 0, max: 50, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('idle' as const) }) },
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
