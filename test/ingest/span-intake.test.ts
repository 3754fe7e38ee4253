import { expect } from 'chai';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { encodeBatch, type MessageFields } from './span-batch-codec.ts';

const NOW_MS = 1_800_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const GOOD = { model: 'm', startUnixNano: NOW_NS, durationNano: 1000 };

function setUp(labels: readonly string[] = ['tenant', 'gpu']) {
  const sink = new RecordingSink();
  const options = { latenessMs: 30_000, intervalMs: 10_000, labels };
  const intake = new SpanIntake(options, sink, new ManualClock(NOW_MS), new SilentLogger());
  const send = (batch: MessageFields) => intake.receive(encodeBatch(batch), 'report');
  return { sink, intake, send };
}

describe('span intake', () => {
  it('gives the sink what the sender said', () => {
    const { sink, send } = setUp();
    const labels = { gpu: 'GPU-1', tenant: 'a', other: 'x' };
    const times = {
      startUnixNano: NOW_NS - 999_999n,
      durationNano: 2_000_000,
      timeToFirstTokenNano: 500_000,
    };
    const counts = { batchSize: 4, inputTokens: 0, outputTokens: 4, weight: 10 };
    const phases = [
      { name: 'queue', durationNano: 1, startOffsetNano: 7 },
      { name: 'queue', durationNano: 2 },
    ];
    send({
      spans: [
        {
          model: 'm',
          variant: 'int8',
          version: '2',
          operation: 'chat',
          status: 2,
          labels,
          ...times,
          ...counts,
          phases,
        },
      ],
    });
    const tags = { model: 'm', variant: 'int8', version: '2', operation: 'chat', server: '' };
    expect(sink.spans).to.deep.equal([
      {
        tags: { ...tags, labels: { gpu: 'GPU-1', tenant: 'a' } },
        gpu: 'GPU-1',
        endMs: NOW_MS + 1,
        durationNs: 2_000_000,
        status: 2,
        ...{ batchSize: 4, inputTokens: 0, outputTokens: 4, weight: 10 },
        phases: { queue: 3, ttft: 500_000, tpot: 500_000 },
        phaseOffsets: { queue: 7 },
      },
    ]);
    expect(Object.keys(sink.spans[0].tags.labels)).to.deep.equal(['gpu', 'tenant']);
  });

  it('calls the variant that nobody named default, and leaves unknown counts open', () => {
    const { sink, send } = setUp();
    send({ spans: [GOOD] });
    expect(sink.spans[0].tags.variant).to.equal('default');
    expect(sink.spans[0]).to.deep.include({
      batchSize: Number.NaN,
      inputTokens: Number.NaN,
      weight: 1,
      phases: {},
    });
  });

  it('lets phases that the sender names ttft or tpot stand', () => {
    const { sink, send } = setUp();
    const phases = [
      { name: 'tpot', durationNano: 7 },
      { name: 'ttft', durationNano: 5 },
    ];
    send({ spans: [{ ...GOOD, phases, timeToFirstTokenNano: 100, outputTokens: 3 }] });
    expect(sink.spans[0].phases).to.deep.equal({ tpot: 7, ttft: 5 });
  });

  it('has no time per token for one token, or if the first came after the end', () => {
    const { sink, send } = setUp();
    const late = { ...GOOD, timeToFirstTokenNano: 1001, outputTokens: 3 };
    send({ spans: [{ ...GOOD, timeToFirstTokenNano: 100, outputTokens: 1 }, late] });
    expect(sink.spans.map((span) => span.phases)).to.deep.equal([{ ttft: 100 }, { ttft: 1001 }]);
  });

  it('takes the good spans of a batch and names the first 16 others', () => {
    const { sink, intake, send } = setUp();
    const spans = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? GOOD : { ...GOOD, model: '' }));
    const receipt = send({ sequence: 9, spans });
    expect(receipt).to.deep.include({
      kind: 'ack',
      sequence: 9,
      accepted: 20,
      rejected: 20,
      duplicate: false,
    });
    expect(receipt.kind === 'ack' && receipt.rejections.map((r) => r.index)).to.deep.equal(
      Array.from({ length: 16 }, (_, k) => k * 2 + 1),
    );
    expect(sink.spans).to.have.length(20);
    expect(intake.counts()[0]).to.deep.include({
      received: 40,
      accepted: 20,
      rejected: { missing_model: 20 },
    });
  });

  it('says of the last rejection which request it was, in bounds', () => {
    const { intake, send } = setUp();
    send({ spans: [GOOD, { ...GOOD, model: '', requestId: `r\n${'x'.repeat(100)}`, traceId: 't' }] });
    const detail = `span 1 of a batch, request r?${'x'.repeat(62)}`;
    expect(intake.counts()[0].lastRejection).to.deep.equal({ reason: 'missing_model', detail, atMs: NOW_MS });
  });

  it('applies nothing of a message that does not parse, and counts it', () => {
    const { sink, intake } = setUp();
    const bytes = Buffer.concat([encodeBatch({ dropped: 5, spans: [GOOD, GOOD] }), Buffer.from([34])]);
    expect(intake.receive(bytes, 'stream')).to.deep.include({ kind: 'malformed' });
    expect(sink.opened + sink.spans.length).to.equal(0);
    expect(intake.counts()[1]).to.deep.include({
      source: 'stream',
      received: 0,
      malformed: 1,
      clientDropped: 0,
    });
  });

  it('counts what clients let go', () => {
    const { intake, send } = setUp();
    send({ dropped: 3 });
    send({ dropped: 4, spans: [GOOD] });
    expect(intake.counts()[0]).to.deep.include({ clientDropped: 7, received: 1 });
  });

  it('opens a series once, and again when the sink freed ids', () => {
    const { sink, send } = setUp();
    send({ spans: [GOOD, GOOD] });
    send({ spans: [GOOD] });
    expect(sink.opened).to.equal(1);
    sink.seriesGeneration++;
    send({ spans: [GOOD] });
    expect(sink.opened).to.equal(2);
  });

  it('opens no series for spans that it refuses', () => {
    const { sink, send } = setUp();
    send({ spans: [{ ...GOOD, startUnixNano: 1 }] });
    expect(sink.opened).to.equal(0);
  });

  it('keeps its ids right while more names come than it remembers', () => {
    const { sink, send } = setUp([]);
    for (let batch = 0; batch < 6; batch++) {
      const spans = Array.from({ length: 4000 }, (_, i) => ({
        ...GOOD,
        model: `model-${batch}-${i % 3500}`,
      }));
      send({ spans: [...spans, { ...GOOD, phases: [{ name: 'queue', durationNano: 1 }] }] });
      const models = sink.spans.splice(0).map((span) => span.tags.model);
      expect(models).to.deep.equal([...spans.map((span) => span.model), 'm']);
    }
  });
});
