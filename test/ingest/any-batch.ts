import fc from 'fast-check';
import protobuf from 'protobufjs';
import type { MessageFields } from './span-batch-codec.ts';

/** Arbitrary batches: mostly plausible, with every edge of the contract among them. */

const name = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('', 'resnet50', 'int8', 'queue', 'inference', 'ttft', 'tpot', 'gpu'),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('x'.repeat(24), 'x'.repeat(25), 'x'.repeat(300), 'a\u0001b', '\u0085'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('y'.repeat(1024), 'y'.repeat(1025), `\u0001${'y'.repeat(100)}`),
  },
);
const labels = fc.dictionary(fc.oneof(fc.constantFrom('gpu', 'tenant', 'other'), name), name, {
  maxKeys: 3,
  noNullPrototype: true,
});
const nanos = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 11n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 2n ** 53n, 2n ** 53n - 1n, 127n, 128n, 2n ** 49n - 1n, 2n ** 49n),
);
const time = fc.oneof(
  fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_900_000_000_000_000_000n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 64n - 1n),
);
const uint32 = fc.oneof(fc.nat(500), fc.constantFrom(0, 1, 2, 4_294_967_295));
const number = fc.oneof(fc.double({ min: 0, max: 1e11 }), fc.nat(1000), fc.double(), fc.constant(Number.NaN));

const phase = fc.record({ name, durationNano: nanos, startOffsetNano: fc.option(nanos, { nil: undefined }) });
const names = { model: name, variant: name, version: name, operation: name, labels };
const span = fc.record(
  {
    ...names,
    startUnixNano: time,
    durationNano: nanos,
    status: fc.oneof(fc.nat(2), fc.integer()),
    phases: fc.array(phase, { maxLength: 5 }),
    weight: number,
    batchSize: uint32,
    inputTokens: uint32,
    outputTokens: uint32,
    timeToFirstTokenNano: nanos,
    requestId: fc.string({ maxLength: 12 }),
    traceId: fc.string({ maxLength: 12 }),
  },
  { requiredKeys: [] },
);

const columns = fc.nat(4).chain((count) => {
  const column = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.oneof(
      { weight: 60, arbitrary: fc.array(item, { minLength: count, maxLength: count }) },
      { weight: 1, arbitrary: fc.array(item, { maxLength: 5 }) },
    );
  const optional = fc.oneof(fc.constant([]), column(number));
  const index = fc.oneof({ weight: 60, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: uint32 });
  const series = fc.record({
    model: index,
    variant: index,
    version: index,
    operation: index,
    labels: fc.oneof(fc.constant([]), fc.tuple(index, index), fc.array(index, { maxLength: 3 })),
  });
  return fc.record({
    strings: fc.array(name, { minLength: 3, maxLength: 6 }),
    series: fc.array(series, { minLength: 1, maxLength: 3 }),
    seriesStatus: column(fc.oneof({ weight: 60, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: uint32 })),
    endUnixNano: column(time),
    durationNano: column(number),
    phases: fc.array(fc.record({ name: index, durationNano: column(number), startOffsetNano: optional }), {
      maxLength: 3,
    }),
    weight: optional,
    batchSize: optional,
    inputTokens: optional,
    outputTokens: optional,
    timeToFirstTokenNano: optional,
  });
});

export const anyBatch: fc.Arbitrary<MessageFields> = fc.record(
  {
    producerId: fc.uint8Array({ maxLength: 40 }),
    sequence: fc.bigInt({ min: 0n, max: 2n ** 53n }),
    series: fc.record(names, { requiredKeys: [] }),
    spans: fc.array(span, { maxLength: 6 }),
    columns,
    dropped: fc.bigInt({ min: 0n, max: 2n ** 53n }),
  },
  { requiredKeys: [] },
);

const FIRST_UNKNOWN_FIELD = 20;
const unknownField = fc.tuple(
  fc.integer({ min: FIRST_UNKNOWN_FIELD, max: 3000 }),
  fc.nat(4),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

/** Fields of every wire type, groups included, that no message of the contract has. */
export const anyUnknownFields: fc.Arbitrary<Uint8Array> = fc
  .array(unknownField, { maxLength: 4 })
  .map((fields) => {
    const writer = protobuf.Writer.create();
    for (const [field, kind, value] of fields) writeUnknown(writer, field, kind, value);
    return writer.finish();
  });

function writeUnknown(writer: protobuf.Writer, field: number, kind: number, value: bigint): void {
  const tag = field * 8;
  if (kind === 0) writer.uint32(tag).uint64(value.toString() as never);
  else if (kind === 1) writer.uint32(tag + 1).fixed64(value.toString() as never);
  else if (kind === 2) writer.uint32(tag + 2).string(value.toString());
  else if (kind === 3) {
    writer.uint32(tag + 3);
    writeUnknown(writer, field + 1, Number(value % 5n), value / 5n);
    writer.uint32(tag + 4);
  } else writer.uint32(tag + 5).fixed32(Number(value % 2n ** 32n));
}
