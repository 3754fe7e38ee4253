import { expect } from 'chai';
import { OtlpIntake, type OtlpSource } from '../../../agent/ingest/otlp/otlp-intake.ts';
import { declareMapping, HOLD, ignoredBy, REQUEST } from '../../../agent/ingest/otlp/server-mapping.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { RecordingSink } from '../../fakes/recording-sink.ts';
import { SilentLogger } from '../../fakes/silent-logger.ts';
import { encodeExport, jsonOf, type SpanFields } from './otlp-codec.ts';

const NOW_MS = 1_800_000_000_000;
const RULES = { latenessMs: 30_000, intervalMs: 10_000, labels: ['tenant'], labelBytes: 32 };
const STARTUP = ignoredBy('startup');

/** Spans named `request` are requests; `held` waits for the next settling; `startup` is ignored. */
const sample = declareMapping({
  server: 'sample',
  attributes: { model: 'model', tokens: 'tokens' },
  resource: {},
  events: {},
  texts: { request: 'request', held: 'held', startup: 'startup' },
  bind: ({ attributes: keys, texts }) => {
    let staged = 0;
    let held = 0;
    return {
      claims: (span) => span.name !== -1,
      map: (span, out) => {
        if (span.name === texts.startup) return STARTUP;
        if (span.name === texts.held) {
          staged++;
          return HOLD;
        }
        out.modelId = span.attributes.textId(keys.model);
        out.outputTokens = span.attributes.number(keys.tokens);
        return REQUEST;
      },
      held: {
        evicted: 0,
        get waiting() {
          return held;
        },
        commit: () => {
          held += staged;
          staged = 0;
        },
        rollback: () => {
          staged = 0;
        },
        settle: (_nowMs, out) => {
          if (held === 0) return undefined;
          held--;
          out.source = 0;
          return STARTUP;
        },
      },
    };
  },
});

function spanOf(
  id: number,
  fields: Partial<SpanFields> & { model?: string; ageMs?: number } = {},
): SpanFields {
  const { model = 'llama', ageMs = 0, ...others } = fields;
  const endNs = BigInt(NOW_MS - ageMs) * 1_000_000n;
  return {
    traceId: Buffer.alloc(16, 7),
    spanId: Buffer.from([0, 0, 0, 0, 0, 0, id >> 8, id & 255]),
    name: 'request',
    startTimeUnixNano: String(endNs - 5_000_000n),
    endTimeUnixNano: String(endNs),
    attributes: [{ key: 'model', value: { stringValue: model } }],
    ...others,
  };
}

const exportOf = (...spans: SpanFields[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

describe('OTLP intake', () => {
  let sink: RecordingSink;
  let intake: OtlpIntake;
  let log: SilentLogger;
  beforeEach(() => {
    sink = new RecordingSink();
    log = new SilentLogger();
    intake = new OtlpIntake({ ...RULES, mappings: [sample] }, sink, new ManualClock(NOW_MS), log);
  });

  const receive = (spans: readonly SpanFields[], source: OtlpSource = 'otlp_grpc') =>
    intake.receive(encodeExport(exportOf(...spans)), source);
  const counts = (index = 0) => intake.counts()[index];

  it('counts a request with its names, its server, its time and its labels', () => {
    const attributes = [
      { key: 'model', value: { stringValue: 'llama' } },
      { key: 'tenant', value: { stringValue: 'a' } },
      { key: 'gpu', value: { stringValue: 'GPU-1' } },
      { key: 'tokens', value: { intValue: '12' } },
    ];
    expect(receive([spanOf(1, { attributes })])).to.deep.equal({ kind: 'taken', rejected: 0, reason: '' });
    expect(sink.spans).to.have.length(1);
    expect(sink.spans[0]).to.deep.include({
      tags: {
        model: 'llama',
        variant: 'default',
        version: '',
        operation: '',
        server: 'sample',
        labels: { tenant: 'a' },
      },
      gpu: 'GPU-1',
      endMs: NOW_MS,
      durationNs: 5_000_000,
      outputTokens: 12,
    });
  });

  it('counts the same from JSON', () => {
    const document = jsonOf(exportOf(spanOf(1), spanOf(2, { model: 'other' })));
    intake.receiveJson(document, 'otlp_http');
    expect(sink.spans.map(({ tags }) => tags.model)).to.deep.equal(['llama', 'other']);
    expect(counts(1)).to.deep.include({ source: 'otlp_http', received: 2, accepted: 2 });
  });

  it('has received = accepted + duplicate + ignored + rejected, and says why', () => {
    const spans = [
      spanOf(1),
      spanOf(1),
      spanOf(2, { name: 'startup' }),
      spanOf(3, { name: 'strange' }),
      spanOf(4, { ageMs: 60_000 }),
      spanOf(5, { model: '' }),
      spanOf(6, { startTimeUnixNano: '0' }),
      spanOf(7, { name: 'held' }),
    ];
    expect(receive(spans)).to.deep.equal({ kind: 'taken', rejected: 3, reason: 'too_late' });
    expect(receive([spanOf(1), spanOf(7, { name: 'held' })])).to.deep.include({ rejected: 0 });
    expect(counts()).to.deep.include({
      received: 10,
      accepted: 1,
      duplicate: 3,
      ignored: { startup: 2, unknown_shape: 1 },
      rejected: { time_out_of_range: 1, too_late: 1, missing_model: 1 },
      malformed: 0,
    });
  });

  it('takes nothing of a message that does not parse, so that it counts when it comes again', () => {
    const whole = encodeExport(exportOf(spanOf(1), spanOf(2, { name: 'held' }), spanOf(3)));
    expect(intake.receive(whole.subarray(0, whole.length - 1), 'otlp_grpc').kind).to.equal('malformed');
    expect(counts()).to.deep.include({ received: 0, malformed: 1 });
    intake.receive(whole, 'otlp_grpc');
    expect(counts()).to.deep.include({ received: 3, accepted: 2, ignored: { startup: 1 }, duplicate: 0 });
  });

  for (const [title, document] of [
    ['no object', 7],
    ['spans that are no array', { resourceSpans: [{ scopeSpans: [{ spans: {} }] }] }],
    ['an id that is not hexadecimal', exportJson({ spanId: 'xyz' })],
    ['a time with a sign', exportJson({ endTimeUnixNano: '-1' })],
    ['a time of more than 64 bits', exportJson({ endTimeUnixNano: '18446744073709551616' })],
    ['an integer that is none', exportJson({ attributes: [{ key: 'tokens', value: { intValue: 1.5 } }] })],
    ['an attribute that is text', exportJson({ attributes: ['model'] })],
  ] as const) {
    it(`refuses JSON with ${title} whole`, () => {
      expect(intake.receiveJson(document, 'otlp_http').kind).to.equal('malformed');
      expect(sink.spans).to.deep.equal([]);
    });
  }

  it('knows a span that was sent before over the other protocol', () => {
    receive([spanOf(1)]);
    receive([spanOf(1)], 'otlp_http');
    expect(counts(1)).to.deep.include({ received: 1, duplicate: 1 });
  });

  it('counts metrics and logs, and reads nothing of them', () => {
    intake.discard('otlp_grpc');
    expect(counts()).to.deep.include({ received: 0, discarded: 1 });
  });

  it('takes 10,000 attributes, keys that come twice, and values nested deep', () => {
    let nested: object = { stringValue: 'x' };
    for (let depth = 0; depth < 40; depth++) nested = { arrayValue: { values: [nested] } };
    const attributes = [
      { key: 'model', value: { stringValue: 'first' } },
      ...Array.from({ length: 10_000 }, (_, i) => ({ key: `key-${i}`, value: nested })),
      { key: 'model', value: { stringValue: 'last' } },
    ];
    receive([spanOf(1, { attributes })]);
    expect(sink.spans.map(({ tags }) => tags.model)).to.deep.equal(['last']);
  });

  it('counts all that waited, however many one export held', () => {
    const span = {
      kind: 2,
      startTimeUnixNano: String(BigInt(NOW_MS - 5) * 1_000_000n),
      endTimeUnixNano: String(BigInt(NOW_MS) * 1_000_000n),
      attributes: [
        { key: 'http.request.method', value: { stringValue: 'POST' } },
        { key: 'http.route', value: { stringValue: '/predict' } },
      ],
    };
    const all = new OtlpIntake(RULES, sink, new ManualClock(NOW_MS), log);
    const document = { resourceSpans: [{ scopeSpans: [{ spans: new Array(90_000).fill(span) }] }] };
    expect(all.receiveJson(document, 'otlp_http').kind).to.equal('taken');
    all.settleAll();
    expect(all.counts()[1]).to.deep.include({ received: 90_000, accepted: 90_000 });
    expect(sink.spans).to.have.length(90_000);
  });

  it('follows JSON no deeper than the format goes', () => {
    const deep = JSON.parse(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`) as unknown;
    const attributes = [
      { key: 'model', value: { stringValue: 'llama' } },
      { key: 'tokens', value: { arrayValue: deep } },
    ];
    const document = jsonOf(exportOf(spanOf(1)));
    Object.assign(document as object, { unknown: deep });
    expect(intake.receiveJson(document, 'otlp_http').kind).to.equal('taken');
    expect(intake.receiveJson(exportJson({ attributes }), 'otlp_http').kind).to.equal('taken');
    expect(sink.spans).to.have.length(1);
  });
});

function exportJson(span: object): object {
  return { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'request', ...span }] }] }] };
}
