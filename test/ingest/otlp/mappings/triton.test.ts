import { expect } from 'chai';
import { MappedSpans, type RequestWords } from '../mapped-spans.ts';
import { type ExportWords, Kind, type SpanWords } from '../span-builder.ts';

const ROOT = 1;
const MODEL = 2;
const COMPUTE = 3;

/** As Triton's own: names without a prefix are ours. */
const triton = (...spans: readonly SpanWords[]): ExportWords => ({
  scope: 'triton-server',
  resource: { 'service.name': 'triton-inference-server', variant: 'fp16' },
  spans: spans.map((span) => ({ trace: 7, kind: Kind.server, ...span })),
});

const root: SpanWords = {
  name: 'InferRequest',
  id: ROOT,
  startNs: 1000,
  durationNs: 9_000_001,
  events: {
    HTTP_RECV_START: 1000,
    HTTP_RECV_END: 2000,
    INFER_RESPONSE_COMPLETE: 8_900_000,
    HTTP_SEND_END: 9e6,
  },
};
const model: SpanWords = {
  name: 'resnet',
  id: MODEL,
  parent: ROOT,
  startNs: 100_000,
  attributes: { 'triton.model_name': 'resnet', 'triton.model_version': 1, 'triton.trace_id': 5 },
  events: { REQUEST_START: 100_000, QUEUE_START: 150_000, REQUEST_END: 8_800_000 },
};
const compute: SpanWords = {
  name: 'compute',
  id: COMPUTE,
  parent: MODEL,
  startNs: 1_150_000,
  events: {
    COMPUTE_START: 1_150_000,
    COMPUTE_INPUT_END: 1_250_007,
    COMPUTE_OUTPUT_START: 8_250_007,
    COMPUTE_END: 8_750_007,
  },
};

const PHASES = {
  queue: [1_000_000, 149_000],
  preprocess: [100_007, 1_149_000],
  inference: [7_000_000, 1_249_007],
  postprocess: [500_000, 8_249_007],
} as const;
const BARE = { variant: 'fp16', server: 'triton', latencyNs: 9_000_001, status: 'unspecified' };
const NAMED = { ...BARE, model: 'resnet', version: '1' };
const REQUEST = { ...NAMED, phases: PHASES };

const inner = (id: number, name: string, parent: number): readonly SpanWords[] => [
  { ...model, name, id, parent, attributes: { 'triton.model_name': name, 'triton.model_version': 1 } },
  { ...compute, id: id + 100, parent: id },
];
const { QUEUE_START: _, ...ENSEMBLE_EVENTS } = { ...model.events };
const ensemble: SpanWords = {
  ...model,
  name: 'pipeline',
  attributes: { 'triton.model_name': 'pipeline', 'triton.model_version': 1 },
  events: ENSEMBLE_EVENTS,
};
const PIPELINE = { ...NAMED, model: 'pipeline' };
const streamed: SpanWords = {
  ...root,
  events: { GRPC_WAITREAD_START: 1000, INFER_RESPONSE_COMPLETE: [8_000_000, 501_000, 4_000_000] },
};
const { INFER_RESPONSE_COMPLETE: __, ...CANCELLED } = { ...root.events };

const elsewhere = (span: SpanWords): SpanWords => ({ ...span, trace: 9 });

/** Title, exports in their order, and the requests that they make once nothing waits any more. */
const CASES: readonly (readonly [string, readonly ExportWords[], readonly RequestWords[]])[] = [
  ["in one export, in Triton's order", [triton(compute, model, root)], [REQUEST]],
  ['in one export, in the opposite order', [triton(root, model, compute)], [REQUEST]],
  ['each in an export of its own', [triton(compute), triton(model), triton(root)], [REQUEST]],
  ['the root first', [triton(root), triton(model), triton(compute)], [REQUEST]],
  ['the root first, then its compute', [triton(root), triton(compute), triton(model)], [REQUEST]],
  ['the root between', [triton(model), triton(root), triton(compute)], [REQUEST]],
  ['no compute span', [triton(model, root)], [NAMED]],
  ['no model span', [triton(root)], [{ ...BARE, model: 'triton-inference-server' }]],
  ['no root: nothing says how long it took', [triton(compute, model)], []],
  [
    'two requests of one trace',
    [triton(compute, model, root), triton({ ...root, id: 50 }, ...inner(60, 'bert', 50))],
    [REQUEST, { ...REQUEST, model: 'bert' }],
  ],
  [
    'the same ids in another trace',
    [triton(compute, model, root), triton(...[compute, model, root].map((span) => ({ ...span, trace: 8 })))],
    [REQUEST, REQUEST],
  ],
  [
    'an ensemble',
    [triton(...inner(10, 'tokenizer', MODEL), ...inner(20, 'bert', MODEL), ensemble, root)],
    [PIPELINE],
  ],
  [
    'an ensemble, the root first',
    [triton(root), triton(ensemble), triton(...inner(10, 'bert', MODEL))],
    [PIPELINE],
  ],
  [
    'an ensemble within an ensemble, its inner spans in an export before',
    [
      triton(...inner(20, 'bert', 10), ...inner(40, 'tokenizer', 10)),
      triton(...inner(10, 'text', MODEL), ensemble, root),
    ],
    [PIPELINE],
  ],
  [
    'an ensemble that streams, and one that was cancelled',
    [
      triton(...inner(10, 'bert', MODEL), ensemble, streamed),
      triton(...[...inner(10, 'bert', MODEL), ensemble, { ...root, events: CANCELLED }].map(elsewhere)),
    ],
    [{ ...PIPELINE, ttftNs: 500_000 }],
  ],
  [
    'a model that calls another (BLS)',
    [triton(...inner(10, 'bert', MODEL), compute, model, root)],
    [REQUEST],
  ],
  [
    'a model that calls another, the root first',
    [triton(root), triton(...inner(10, 'bert', MODEL)), triton(model), triton(compute)],
    [REQUEST],
  ],
  ['responses that are streamed', [triton(compute, model, streamed)], [{ ...REQUEST, ttftNs: 500_000 }]],
  ['cancelled', [triton(compute, model, { ...root, events: CANCELLED })], []],
  ['a root without any events', [triton(compute, model, { ...root, events: {} })], [REQUEST]],
  [
    'a clock that went back',
    [triton({ ...compute, events: { ...compute.events, COMPUTE_OUTPUT_START: 1_200_000 } }, model, root)],
    [
      {
        ...NAMED,
        phases: { queue: PHASES.queue, preprocess: PHASES.preprocess, postprocess: [7_550_007, 1_199_000] },
      },
    ],
  ],
  [
    'a custom activity',
    [triton(compute, { name: 'MY_ACTIVITY', id: 9, parent: MODEL }, model, root)],
    [REQUEST],
  ],
];

describe('Triton: one request of many spans', () => {
  for (const [title, exports, expected] of CASES) {
    it(title, () => {
      const spans = new MappedSpans();
      for (const words of exports) spans.receive(words);
      expect(spans.settle(13_000).requests).to.deep.equal(expected);
      expect(spans.waiting).to.equal(0);
    });
  }

  it('counts at once where the root comes last, as Triton sends it', () => {
    expect(new MappedSpans().receive(triton(compute, model, root)).requests).to.have.length(1);
  });

  it('counts an ensemble at once where the root comes last', () => {
    const spans = new MappedSpans().receive(triton(...inner(10, 'bert', MODEL), ensemble, root));
    expect(spans.requests).to.have.length(1);
  });

  it('counts as soon as the last span is there', () => {
    const spans = new MappedSpans().receive(triton(root)).receive(triton(compute));
    expect(spans.requests).to.have.length(0);
    expect(spans.receive(triton(model)).requests).to.have.length(1);
  });

  it('waits 12 s for spans that do not come', () => {
    const spans = new MappedSpans().receive(triton(model, root), 1000);
    expect(spans.settle(12_999).requests).to.have.length(0);
    expect(spans.settle(13_000).requests).to.deep.equal([NAMED]);
  });

  it('waits half the lateness, if that is less', () => {
    const spans = new MappedSpans({ latenessMs: 4000 }).receive(triton(model, root), 100);
    expect(spans.settle(2099).requests).to.have.length(0);
    expect(spans.settle(2100).requests).to.have.length(1);
  });

  it('does not wait where that could make it too late', () => {
    expect(new MappedSpans().receive(triton(model, root), 20_000).requests).to.deep.equal([NAMED]);
  });

  it('counts once, with spans that come after it counted', () => {
    const spans = new MappedSpans().receive(triton(root)).settle(13_000);
    spans.receive(triton(model, compute), 14_000).settle(60_000);
    expect(spans.requests).to.have.length(1);
  });

  it('forgets the spans of a message that is malformed', () => {
    const spans = new MappedSpans().receiveMalformed(triton(compute, model, root)).receive(triton());
    expect(spans.settle(60_000).requests).to.deep.equal([]);
  });

  it('counts no step of an ensemble that goes on for long after it', () => {
    const spans = new MappedSpans().receive(triton(...inner(10, 'tokenizer', MODEL)), 10).settle(50_000);
    expect(spans.requests).to.deep.equal([]);
    expect(spans.receive(triton(ensemble, root), 50_000).requests).to.deep.equal([PIPELINE]);
  });

  it('counts the root alone, and the others as parts', () => {
    const { ignored } = new MappedSpans().receive(triton(compute, model, root));
    expect(ignored).to.deep.equal(['part_of_request', 'part_of_request']);
  });

  it('counts a cancelled request apart', () => {
    const { ignored } = new MappedSpans().receive(triton({ ...root, events: CANCELLED }));
    expect(ignored).to.deep.equal(['no_response']);
  });

  it('keeps the names over a new generation of the intern table', () => {
    const spans = new MappedSpans().receive(triton(model, root));
    const many = Array.from({ length: 20_000 }, (_unused, k) => ({
      attributes: { 'gen_ai.request.model': `m${k}` },
    }));
    spans.receive({ spans: many }).receive(triton());
    expect(spans.settle(13_000).requests.at(-1)).to.deep.equal(NAMED);
  });

  it('keeps at most 32,768 spans: what waits longest counts first', () => {
    const roots = Array.from({ length: 33_000 }, (_unused, k) => ({ ...root, id: k + 1, trace: k + 1 }));
    const spans = new MappedSpans().receive(triton(...roots));
    expect(spans.requests).to.have.length(33_000 - 32_768);
    expect(spans.evicted).to.equal(33_000 - 32_768);
    expect(spans.settle(13_000).requests).to.have.length(33_000);
  }).timeout(20_000);
});
