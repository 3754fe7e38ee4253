import fc from 'fast-check';
import type { AnyValueFields, ExportFields } from './otlp-codec.ts';
import { EVENTS, KEYS, TEXTS } from './read-spans.ts';

/** Arbitrary exports: mostly what exporters write, with every kind of value and every edge among them. */

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'llama', '12', ' -1.5e3', '1.23s', 'true', ...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 50 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('x'.repeat(127), 'x'.repeat(128), 'x'.repeat(3000), 'ü'.repeat(90)),
  },
);
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<string>(...KEYS) },
  { weight: 1, arbitrary: fc.constantFrom('gen_ai.request.modal', 'K', 'x'.repeat(130)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 24 }) },
);
const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 2n ** 50n }),
  fc.constantFrom(0n, 127n, 128n, -1n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n),
);

const { anyValue } = fc.letrec<{ anyValue: AnyValueFields }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: fc.record({ stringValue: text }) },
    { weight: 2, arbitrary: fc.record({ intValue: integer.map(String) }) },
    { weight: 2, arbitrary: fc.record({ doubleValue: fc.double() }) },
    { weight: 1, arbitrary: fc.record({ boolValue: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ bytesValue: fc.uint8Array({ maxLength: 20 }) }) },
    { weight: 1, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.record({
        arrayValue: fc.record({ values: fc.array(tie('anyValue'), { maxLength: 3 }) }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kvlistValue: fc.record({
          values: fc.array(fc.record({ key, value: tie('anyValue') }), { maxLength: 3 }),
        }),
      }),
    },
  ),
}));
const attributes = fc.array(fc.record({ key, value: anyValue }, { requiredKeys: ['key'] }), { maxLength: 8 });
const time = fc
  .oneof(
    fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_900_000_000_000_000_000n }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constant(0n),
  )
  .map(String);
const id = (length: number) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: length + 2 }) },
  );
const event = fc.record(
  { timeUnixNano: time, name: fc.oneof(fc.constantFrom<string>(...EVENTS), text), attributes },
  { requiredKeys: [] },
);
const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    parentSpanId: id(8),
    traceState: text,
    name: text,
    kind: fc.oneof(fc.nat(5), fc.nat()),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes,
    events: fc.array(event, { maxLength: 3 }),
    links: fc.array(fc.record({ traceId: id(16), attributes }), { maxLength: 2 }),
    status: fc.record({ code: fc.oneof(fc.nat(2), fc.nat()), message: text }, { requiredKeys: [] }),
    flags: fc.oneof(fc.constant(257), fc.nat()),
  },
  { requiredKeys: [] },
);
const scopeSpans = fc.record(
  {
    scope: fc.record({ name: text, version: text }, { requiredKeys: [] }),
    spans: fc.array(span, { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

export const anyExport: fc.Arbitrary<ExportFields> = fc.record(
  {
    resourceSpans: fc.array(
      fc.record(
        {
          resource: fc.record({ attributes }, { requiredKeys: [] }),
          scopeSpans: fc.array(scopeSpans, { maxLength: 2 }),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);
