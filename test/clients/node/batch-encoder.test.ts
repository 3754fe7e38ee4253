import { expect } from 'chai';
import fc from 'fast-check';
import { BatchEncoder } from '../../../clients/node/batch-encoder.ts';
import { CompletionClock } from '../../../clients/node/completion-clock.ts';
import { Series, type SeriesContext, type SpanDetails } from '../../../clients/node/series.ts';
import { type SeriesKey, SeriesRegistry } from '../../../clients/node/series-registry.ts';
import { SpanBuffer } from '../../../clients/node/span-buffer.ts';
import { type DecodedColumns, decodeBatch, spanAt } from './decode-batch.ts';
import { ManualClientClock } from './manual-client-clock.ts';

const HEADER = { producerId: Uint8Array.of(1, 2, 3), sequence: 7, dropped: 3 };
const PHASES = ['preprocess', 'inference', 'postprocess'] as const;

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const someText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const milliseconds = fc.double({ min: 0, max: 9e6, noNaN: true });
const count = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const keys: fc.Arbitrary<SeriesKey> = fc.record({
  model: someText,
  variant: text,
  version: text,
  operation: text,
  gpu: maybe(text),
  labels: fc.dictionary(
    someText.filter((name) => name !== '__proto__'),
    someText,
    { maxKeys: 3 },
  ),
});
const details = fc.record({
  status: fc.constantFrom('ok', 'error', 'unknown') as fc.Arbitrary<'ok' | 'error' | 'unknown'>,
  endMs: fc.integer({ min: 0, max: 2 ** 43 }),
  phasesMs: fc.array(fc.oneof(milliseconds, fc.constant(Number.NaN)), { maxLength: 3 }),
  weight: maybe(fc.double({ min: 1, max: 1e6, noNaN: true })),
  batchSize: maybe(count),
  inputTokens: maybe(count),
  outputTokens: maybe(count),
  timeToFirstTokenMs: maybe(milliseconds),
});
const spans = fc.array(fc.record({ series: fc.nat(4), durationMs: milliseconds, details }), {
  minLength: 1,
  maxLength: 40,
});

describe('clients/node batch encoder', () => {
  it('writes what protobufjs reads back as the same spans', () => {
    fc.assert(
      fc.property(fc.array(keys, { minLength: 5, maxLength: 5 }), spans, (seriesKeys, recorded) => {
        const { buffer, registry, open } = setUp();
        const series = seriesKeys.map((key) => open(key));
        for (const span of recorded) series[span.series].record(span.durationMs, span.details);
        const columns = decodeColumns(new BatchEncoder(buffer, registry).encode(recorded.length, HEADER));
        const decoded = recorded.map((_, i) => spanAt(columns, i));
        expect(decoded).to.deep.equal(recorded.map((span) => expectedSpan(seriesKeys[span.series], span)));
      }),
      { numRuns: 200 },
    );
  });

  it('sends the GPU of a series as the label gpu, which it is preferred to', () => {
    const { buffer, registry, open } = setUp();
    const keys = [
      { gpu: 'GPU-1' },
      { gpu: 'GPU-1', labels: { gpu: 'GPU-2' } },
      { labels: { gpu: 'GPU-2' } },
      {},
    ];
    for (const key of keys) open({ model: 'm', ...key }).record(1);
    const columns = decodeColumns(new BatchEncoder(buffer, registry).encode(keys.length, HEADER));
    const labels = keys.map((_, i) => spanAt(columns, i)['labels']);
    expect(labels).to.deep.equal([{ gpu: 'GPU-1' }, { gpu: 'GPU-1' }, { gpu: 'GPU-2' }, {}]);
    expect(columns.series).to.have.length(3);
  });

  it('says producer, sequence and drops', () => {
    const { buffer, registry } = setUp();
    const batch = decodeBatch(new BatchEncoder(buffer, registry).encode(0, HEADER));
    expect(batch.columns).to.equal(null);
    expect([...batch.producerId]).to.deep.equal([1, 2, 3]);
    expect([batch.sequence, batch.dropped]).to.deep.equal(['7', '3']);
  });

  it('leaves out columns that no span of the batch has a value for', () => {
    const { buffer, registry, open } = setUp();
    const series = open({ model: 'm' });
    series.record(1, { batchSize: 4, phasesMs: [1, 2, 3] });
    buffer.release(1);
    series.record(1);
    const columns = decodeColumns(new BatchEncoder(buffer, registry).encode(1, HEADER));
    expect(columns.batchSize).to.deep.equal([]);
    expect(columns.phases).to.deep.equal([]);
    expect(columns.strings).to.deep.equal(['m']);
  });

  it('keeps a fraction of a millisecond of the time of completion', () => {
    const { buffer, registry, open } = setUp();
    open({ model: 'm' }).record(1, { endMs: 1_800_000_000_000.25 });
    const columns = decodeColumns(new BatchEncoder(buffer, registry).encode(1, HEADER));
    expect(columns.endUnixNano).to.deep.equal(['1800000000000250000']);
  });
});

function setUp() {
  const buffer = new SpanBuffer(4096, true);
  const registry = new SeriesRegistry();
  const clock = new ManualClientClock();
  const context: SeriesContext = {
    buffer,
    clock,
    completions: new CompletionClock(clock),
    refuse: (reason) => {
      throw new Error(`bug: refused: ${reason}`);
    },
  };
  const open = (key: SeriesKey): Series =>
    new Series<string>(
      context,
      registry.openSeries(key),
      new Map(PHASES.map((name) => [name, registry.openPhase(name)])),
    );
  return { buffer, registry, open };
}

function decodeColumns(bytes: Uint8Array): DecodedColumns {
  const { columns } = decodeBatch(bytes);
  if (columns === null) throw new Error('bug: the batch has no columns');
  return columns;
}

function expectedSpan(key: SeriesKey, span: { durationMs: number; details: SpanDetails }): object {
  const { status = 'ok', endMs = 0, phasesMs = [], timeToFirstTokenMs, ...counts } = span.details;
  const nanos = (ms: number): number => Math.round(ms * 1e6);
  const phases = PHASES.flatMap((name, i) => (phasesMs[i] >= 0 ? [[name, nanos(phasesMs[i])]] : []));
  const { gpu, ...names } = key;
  return {
    ...names,
    labels: { ...key.labels, ...(gpu ? { gpu } : {}) },
    status: { unknown: 0, ok: 1, error: 2 }[status],
    endUnixNano: `${BigInt(endMs) * 1_000_000n}`,
    durationNano: nanos(span.durationMs),
    phases: Object.fromEntries(phases),
    ...counts,
    timeToFirstTokenNano: timeToFirstTokenMs === undefined ? undefined : nanos(timeToFirstTokenMs),
  };
}
