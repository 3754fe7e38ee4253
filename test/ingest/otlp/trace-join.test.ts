import { expect } from 'chai';
import { MappedSpans } from './mapped-spans.ts';
import { type ExportWords, Kind } from './span-builder.ts';

const TRACE = 7;

/** The gateway's span, of whatever trace. */
const http = (trace = TRACE): ExportWords => ({
  resource: { 'service.name': 'gateway' },
  spans: [{ trace, kind: Kind.server, attributes: { 'http.request.method': 'POST', 'http.route': '/chat' } }],
});
const model = (attributes: Record<string, string | number>, scope = ''): ExportWords => ({
  scope,
  resource: { 'service.name': 'service' },
  spans: [{ trace: TRACE, kind: Kind.server, name: 'llm_request', attributes }],
});

/** Server, and a span of it that is a request. */
const MODELS: readonly (readonly [string, ExportWords])[] = [
  ['vLLM', model({ 'gen_ai.latency.e2e': 1.5, 'gen_ai.request.model': 'llama' })],
  ['SGLang', model({ module: 'sglang::request', 'gen_ai.response.model': 'llama' }, 'sglang server')],
  ['TGI', model({ total_time: '1s', time_per_token: '1ms' })],
  ['GenAI', model({ 'gen_ai.request.model': 'llama' })],
  ['OpenInference', model({ 'openinference.span.kind': 'LLM' })],
  ['OpenLLMetry', model({ 'llm.request.type': 'chat' })],
  ['Vercel', model({ 'ai.operationId': 'ai.generateText.doGenerate' })],
  [
    'Triton',
    { ...model({}, 'triton-server'), spans: [{ trace: TRACE, name: 'InferRequest', kind: Kind.server }] },
  ],
];
const [, LLM] = MODELS[3];

describe('one request, one count: HTTP and models', () => {
  for (const [server, words] of MODELS) {
    for (const [order, exports] of [
      ['before', [words, http()]],
      ['after', [http(), words]],
    ] as const) {
      it(`a request of ${server} that comes ${order} the HTTP span of its trace`, () => {
        const spans = new MappedSpans();
        for (const [k, each] of exports.entries()) spans.receive(each, 1000 + k * 5000);
        spans.settle(40_000);
        expect(spans.requests).to.have.length(1);
        expect(spans.requests[0].model).to.not.equal('/chat');
        expect(spans.ignored).to.deep.equal(['part_of_request']);
        expect(spans.waiting).to.equal(0);
      });
    }
  }

  it('both in one export, in either order', () => {
    for (const spans of [
      [...http().spans, ...LLM.spans],
      [...LLM.spans, ...http().spans],
    ]) {
      expect(new MappedSpans().receive({ spans }).settle(40_000).requests).to.have.length(1);
    }
  });

  it('an HTTP span of another trace is a request', () => {
    const spans = new MappedSpans().receive(LLM).receive(http(8)).settle(40_000);
    expect(spans.requests.map((request) => request.model)).to.deep.equal(['llama', '/chat']);
  });

  it('several calls of models make one HTTP span a part once', () => {
    const spans = new MappedSpans().receive(LLM).receive(LLM).receive(http()).settle(40_000);
    expect(spans.requests).to.have.length(2);
    expect(spans.ignored).to.deep.equal(['part_of_request']);
  });

  it('an HTTP span that ends a minute after its model still is a part', () => {
    const spans = new MappedSpans({ latenessMs: 120_000 }).receive(LLM, 0).receive(http(), 60_000);
    expect(spans.settle(140_000).requests).to.have.length(1);
  });

  it('a model that was read in a malformed message makes nothing a part', () => {
    const spans = new MappedSpans().receiveMalformed(LLM).receive(http()).settle(40_000);
    expect(spans.requests).to.have.length(1);
    expect(spans.ignored).to.deep.equal([]);
  });

  it('an HTTP span in a malformed message does not wait', () => {
    const spans = new MappedSpans().receiveMalformed(http()).receive({ spans: [] }).settle(40_000);
    expect(spans.requests).to.deep.equal([]);
  });
});

describe('how long HTTP spans wait', () => {
  const waitedMs = (options: { latenessMs?: number }, afterMs: number): number => {
    const spans = new MappedSpans(options).receive(http(), afterMs);
    let waited = 0;
    while (spans.requests.length === 0) spans.settle(afterMs + ++waited * 100);
    return (waited - 0) * 100;
  };
  const cases: readonly (readonly [string, number, number, number])[] = [
    ['12 s', 30_000, 1000, 12_000],
    ['half the lateness, if that is less', 10_000, 1000, 5000],
    ['not, if it came late', 30_000, 20_000, 0],
    ['not, if it could be too late a second after its wait', 4000, 2000, 0],
    ['not, without lateness', 0, 1000, 0],
  ];
  for (const [title, latenessMs, afterMs, expected] of cases) {
    it(title, () => expect(waitedMs({ latenessMs }, afterMs)).to.equal(expected));
  }

  const learnt = (afterMs: number) => ({ spans: [{ ...http(8).spans[0], startNs: afterMs * 1e6 }] });

  it('not two minutes after the start, where no model was seen', () => {
    const spans = new MappedSpans().receive(http(), 0).receive(http(), 119_999).settle(150_000);
    spans.receive({ spans: [] }, 150_000).receive(learnt(150_000), 151_000);
    expect(spans.requests).to.have.length(3);
  });

  it('again for ten minutes after a model was seen', () => {
    const spans = new MappedSpans().receive({ spans: [] }, 0).receive({ spans: [] }, 300_000);
    spans.receive(LLM, 300_000).receive(learnt(899_000), 899_999);
    expect(spans.waiting).to.equal(1);
    spans.receive({ spans: [] }, 900_000).receive(learnt(900_000), 901_000);
    expect(spans.requests.map(({ model: name }) => name)).to.deep.equal(['llama', '/chat']);
  });

  it('at most 16,384 at a time: the one that waits longest counts first', () => {
    const spans = Array.from({ length: 17_000 }, (_unused, k) => ({ ...http().spans[0], trace: k + 100 }));
    const mapped = new MappedSpans().receive({ spans });
    expect(mapped.requests).to.have.length(17_000 - 16_384);
    expect(mapped.evicted).to.equal(17_000 - 16_384);
    expect(mapped.settle(40_000).requests).to.have.length(17_000);
  });

  it('all that wait count when no more will come', () => {
    expect(new MappedSpans().receive(http()).settle(Number.POSITIVE_INFINITY).requests).to.have.length(1);
  });
});
