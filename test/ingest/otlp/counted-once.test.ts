import { expect } from 'chai';
import fc from 'fast-check';
import { OtlpIntake } from '../../../agent/ingest/otlp/otlp-intake.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { RecordingSink } from '../../fakes/recording-sink.ts';
import { SilentLogger } from '../../fakes/silent-logger.ts';
import { type ExportFields, encodeExport } from './otlp-codec.ts';
import { type ExportWords, exportOf, Kind, type SpanWords, START_MS } from './span-builder.ts';

const TRITON = 'triton-server';

const of = (scope: string, span: SpanWords): ExportWords => ({
  scope,
  resource: { 'service.name': scope },
  spans: [{ durationNs: 1e6, ...span }],
});
const gateway = (trace: number): ExportWords =>
  of('gateway', {
    trace,
    id: 90,
    kind: Kind.server,
    attributes: { 'http.request.method': 'POST', 'http.route': '/chat' },
  });
const tritonModel = (trace: number, id: number, parent: number, name: string): ExportWords =>
  of(TRITON, { trace, id, parent, name, attributes: { 'triton.model_name': name } });
const compute = (trace: number, id: number, parent: number): ExportWords =>
  of(TRITON, {
    trace,
    id,
    parent,
    name: 'compute',
    events: { COMPUTE_START: 10, COMPUTE_INPUT_END: 20, COMPUTE_OUTPUT_START: 30, COMPUTE_END: 40 },
  });
const root = (trace: number): ExportWords => of(TRITON, { trace, id: 1, name: 'InferRequest' });

/** Six requests, in all the spans that gateways, servers and ensembles make of them. */
const SPANS: readonly ExportWords[] = [
  // A gateway before vLLM.
  gateway(1),
  of('vllm.llm_engine', { trace: 1, id: 2, name: 'llm_request', attributes: { 'gen_ai.latency.e2e': 0.5 } }),
  // A gateway before one model of Triton.
  gateway(2),
  root(2),
  tritonModel(2, 2, 1, 'resnet'),
  compute(2, 3, 2),
  // An ensemble.
  root(3),
  tritonModel(3, 2, 1, 'pipeline'),
  tritonModel(3, 4, 2, 'tokenizer'),
  compute(3, 5, 4),
  tritonModel(3, 6, 2, 'bert'),
  compute(3, 7, 6),
  // A model that calls another.
  root(4),
  tritonModel(4, 2, 1, 'bls'),
  compute(4, 3, 2),
  tritonModel(4, 4, 2, 'bert'),
  compute(4, 5, 4),
  // SGLang, prefill and decode apart, behind a gateway.
  gateway(5),
  of('sglang server', {
    trace: 5,
    id: 2,
    name: 'prefill Req 1',
    attributes: { module: 'sglang::request', bootstrap_room: '0x1' },
  }),
  of('sglang server', {
    trace: 5,
    id: 3,
    name: 'decode Req 1',
    attributes: { module: 'sglang::request', bootstrap_room: '0x1' },
  }),
  of('sglang server', { trace: 5, id: 4, parent: 3, name: 'Scheduler', attributes: {} }),
  // A plain HTTP server, with what ASGI adds.
  gateway(6),
  of('gateway', { trace: 6, id: 2, parent: 90, attributes: { 'asgi.event.type': 'http.response.start' } }),
];
const MODELS = ['/chat', 'bls', 'pipeline', 'resnet', 'sglang server', 'vllm.llm_engine'];

/** An order, and after how many spans each an export ends. */
const arrivals = fc.tuple(
  fc.shuffledSubarray([...SPANS], { minLength: SPANS.length }),
  fc.array(fc.integer({ min: 1, max: 6 }), { minLength: SPANS.length, maxLength: SPANS.length }),
);

describe('one request, one count', () => {
  it('in whatever order and exports its spans come, sent again or not', () => {
    fc.assert(
      fc.property(arrivals, fc.boolean(), ([order, sizes], twice) => {
        const clock = new ManualClock(START_MS + 1000);
        const sink = new RecordingSink();
        const options = { latenessMs: 30_000, intervalMs: 10_000, labels: [], labelBytes: 64 };
        const intake = new OtlpIntake(options, sink, clock, new SilentLogger());
        for (const words of cut(order, sizes)) {
          const bytes = encodeExport(words);
          for (let k = 0; k < (twice ? 2 : 1); k++) {
            expect(intake.receive(bytes, 'otlp_grpc')).to.include({ kind: 'taken', rejected: 0 });
          }
          clock.step(200);
        }
        const sent = SPANS.length * (twice ? 2 : 1);
        clock.step(12_000);
        intake.settle();
        expect(sink.spans.map(({ tags }) => tags.model).sort()).to.deep.equal(MODELS);
        const [{ received, accepted }] = intake.counts();
        expect({ received, accepted }).to.deep.equal({ received: sent, accepted: MODELS.length });
      }),
      { numRuns: 60 },
    );
  });
});

function* cut(order: readonly ExportWords[], sizes: readonly number[]): Generator<ExportFields> {
  let at = 0;
  for (const size of sizes) {
    const some = order.slice(at, at + size);
    at += size;
    if (some.length > 0)
      yield { resourceSpans: some.flatMap((words) => exportOf(words).resourceSpans ?? []) };
  }
}
