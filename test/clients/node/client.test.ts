import { expect } from 'chai';
import fc from 'fast-check';
import { Client, type ClientOptions } from '../../../clients/node/client.ts';
import type { ClientError } from '../../../clients/node/error-reporter.ts';
import type { Series } from '../../../clients/node/series.ts';
import { ManualClientClock } from './manual-client-clock.ts';
import { ScriptedTransport } from './scripted-transport.ts';

const FLUSH_MS = 500;
const LONGEST_WAIT_MS = 5000;

describe('clients/node client', () => {
  it('opens nothing before the first span, and sends within the flush interval', () => {
    const { clock, transport, series } = setUp();
    clock.advance(60_000);
    expect([transport.streams, clock.waiting]).to.deep.equal([0, 0]);
    record(series, 3);
    expect(transport.sent).to.deep.equal([]);
    clock.advance(FLUSH_MS);
    expect(transport.sent).to.deep.equal([{ stream: 1, sequence: 1, spans: 3, dropped: 0 }]);
  });

  it('sends a whole batch without waiting for the flush interval', () => {
    const { clock, transport, series } = setUp();
    record(series, 600);
    clock.advance(0);
    expect(transport.sent.map((batch) => batch.spans)).to.deep.equal([512, 88]);
  });

  it('uses one stream as long as there is something to send, then ends it and rests', () => {
    const { clock, transport, series, client } = setUp();
    for (let round = 1; round <= 5; round++) {
      record(series, 2);
      clock.advance(FLUSH_MS);
      transport.answer(round);
    }
    expect(transport.streams).to.equal(1);
    clock.advance(2 * FLUSH_MS);
    expect([transport.ended, clock.waiting]).to.deep.equal([1, 0]);
    expect(client.stats()).to.include({ recorded: 10, accepted: 10, waiting: 0, reconnects: 0 });
  });

  it('sends unanswered batches again, with their sequence, on the next stream', () => {
    const { clock, transport, series, client } = setUp();
    record(series, 2);
    clock.advance(FLUSH_MS);
    record(series, 3);
    clock.advance(FLUSH_MS);
    transport.answer(1);
    transport.breakStream();
    clock.advance(LONGEST_WAIT_MS);
    expect(transport.sent.map((batch) => [batch.stream, batch.sequence])).to.deep.equal([
      [1, 1],
      [1, 2],
      [2, 2],
    ]);
    transport.answer(2);
    expect(client.stats()).to.include({ sent: 5, accepted: 5, waiting: 0, reconnects: 1 });
  });

  it('reconnects when the agent ends the stream politely with answers outstanding', () => {
    const { clock, transport, series } = setUp();
    record(series, 1);
    clock.advance(FLUSH_MS);
    transport.endStream();
    clock.advance(LONGEST_WAIT_MS);
    expect(transport.streams).to.equal(2);
  });

  it('gives up a stream that does not answer for ten seconds', () => {
    const { clock, transport, series, client } = setUp();
    record(series, 1);
    clock.advance(FLUSH_MS + 10_000);
    expect(transport.cancelled).to.equal(0);
    clock.advance(FLUSH_MS + LONGEST_WAIT_MS);
    expect([transport.cancelled, transport.streams]).to.deep.equal([1, 2]);
    expect(client.stats().lastError?.message).to.equal('no answer for 10 s');
  });

  it('waits longer after each failure, up to five seconds, and starts anew after an answer', () => {
    const { clock, transport, series } = setUp();
    const waitsMs: number[] = [];
    record(series, 1);
    clock.advance(FLUSH_MS);
    for (let attempt = 1; attempt <= 9; attempt++) {
      if (attempt === 9) transport.answer(1);
      if (attempt === 9) record(series, 1);
      transport.breakStream();
      waitsMs.push(waitForStream(clock, transport));
    }
    expect(waitsMs).to.deep.equal([75, 150, 300, 600, 1200, 2400, 3750, 3750, 75]);
  });

  it('lets a batch go that the agent cannot read, and carries on with the next', () => {
    const { clock, transport, series, client } = setUp();
    record(series, 2);
    clock.advance(FLUSH_MS);
    record(series, 3);
    transport.breakStream({ message: 'INVALID_ARGUMENT: does not parse', refusesBatch: true });
    clock.advance(LONGEST_WAIT_MS);
    transport.answer(2);
    expect(client.stats()).to.include({ accepted: 3, rejected: 2, dropped: 0, waiting: 0 });
    expect(client.stats().lastError).to.include({ kind: 'refused' });
  });

  it('counts what the agent rejects, with its reason', () => {
    const { clock, transport, series, client } = setUp();
    record(series, 5);
    clock.advance(FLUSH_MS);
    transport.answer(1, 2);
    expect(client.stats()).to.include({ accepted: 3, rejected: 2 });
    expect(client.stats().lastError?.message).to.equal('2 of 5 spans: too_late');
  });

  it('keeps spans in the buffer while a slow agent owes eight answers', () => {
    const { clock, transport, series } = setUp();
    record(series, 1);
    for (let round = 0; round < 12; round++) {
      clock.advance(FLUSH_MS);
      record(series, 1);
    }
    expect(transport.sent.map((batch) => batch.spans)).to.deep.equal([1, 1, 1, 1, 1, 1, 1, 1]);
    transport.answer(1);
    clock.advance(FLUSH_MS);
    expect(transport.sent[8]).to.deep.equal({ stream: 1, sequence: 9, spans: 5, dropped: 0 });
  });

  const policies = [
    ['drop-oldest', [10, 11, 12, 13, 14]],
    ['drop-newest', [0, 1, 2, 3, 4]],
  ] as const;
  for (const [whenFull, keptMs] of policies) {
    it(`is bounded, and tells the agent what it let go: ${whenFull}`, () => {
      const { clock, transport, series, client } = setUp({ maxSpans: 5, whenFull });
      for (let i = 0; i < 15; i++) series.record(i, { endMs: i });
      expect(client.stats()).to.include({ recorded: 15, dropped: 10, waiting: 5 });
      clock.advance(FLUSH_MS);
      expect(transport.sent[0]).to.include({ spans: 5, dropped: 10 });
      expect(transport.durationsMs[0]).to.deep.equal(keptMs);
      transport.answer(1);
      series.record(1);
      clock.advance(FLUSH_MS);
      expect(transport.sent[1]).to.include({ spans: 1, dropped: 0 });
    });
  }

  it('reports unusable settings as a connection error, and tries again', () => {
    const { clock, transport, series, client, errors } = setUp();
    transport.openError = 'bad certificate';
    record(series, 1);
    clock.advance(30_000);
    expect(client.stats().lastError).to.include({ kind: 'connection', message: 'bad certificate' });
    expect(errors).to.have.length(1);
    transport.openError = undefined;
    clock.advance(LONGEST_WAIT_MS);
    expect(transport.streams).to.equal(1);
  });

  it('tells of one error a minute and kind, and survives a callback that throws', () => {
    const { clock, series, errors } = setUp();
    for (let second = 0; second < 130; second++) {
      series.record(-1);
      clock.advance(1000);
    }
    expect(errors.map((error) => error.kind)).to.deep.equal(['invalid', 'invalid', 'invalid']);
  });

  it('close sends what waits, resolves with the last answer, and then takes no more', async () => {
    const { clock, transport, series, client } = setUp();
    record(series, 3);
    const closed = client.close(2000);
    expect(transport.sent).to.have.length(1);
    transport.answer(1);
    await closed;
    series.record(1);
    clock.advance(60_000);
    expect(client.stats()).to.include({ recorded: 4, accepted: 3, dropped: 1, waiting: 0 });
    expect([transport.ended, clock.waiting]).to.deep.equal([1, 0]);
  });

  it('close gives up at its deadline and counts what is left as dropped', async () => {
    const { clock, transport, series, client } = setUp();
    record(series, 3);
    const closed = client.close(2000);
    clock.advance(2000);
    await closed;
    await client.close();
    expect(client.stats()).to.include({ recorded: 3, accepted: 0, dropped: 3, waiting: 0 });
    expect([transport.cancelled, clock.waiting]).to.deep.equal([1, 0]);
  });

  it('closes at once when nothing waits', async () => {
    const { transport, client } = setUp();
    await client.close();
    expect(transport.streams).to.equal(0);
  });

  it('always accounts for every span, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('record' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constantFrom('advance', 'answer', 'break', 'refuse', 'end' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, dropOldest) => {
        const whenFull = dropOldest ? 'drop-oldest' : 'drop-newest';
        const { clock, transport, series, client } = setUp({ maxSpans: 100, whenFull });
        for (const { kind, ...rest } of steps) {
          if (kind === 'record') record(series, 'count' in rest ? rest.count : 0);
          if (kind === 'advance') clock.advance(700);
          if (kind === 'answer') transport.answer((transport.sent.at(-1)?.sequence ?? 0) - 1, 1);
          if (kind === 'break') transport.breakStream();
          if (kind === 'refuse') transport.breakStream({ message: 'unreadable', refusesBatch: true });
          if (kind === 'end') transport.endStream();
          const { recorded, accepted, rejected, dropped, waiting } = client.stats();
          expect(accepted + rejected + dropped + waiting).to.equal(recorded);
          expect(waiting).to.be.at.most(100 + 8 * 100);
        }
      }),
      { numRuns: 150 },
    );
  });
});

function setUp(options: ClientOptions = {}) {
  const clock = new ManualClientClock();
  const transport = new ScriptedTransport();
  const errors: ClientError[] = [];
  const onError = (error: ClientError): never => {
    errors.push(error);
    throw new Error('the callback itself fails');
  };
  const client = new Client({ ...options, onError }, { clock, random: () => 0.5, transport });
  const series: Series<'inference'> = client.series({ model: 'm', variant: 'int8', phases: ['inference'] });
  return { clock, transport, errors, client, series };
}

function record(series: Series<'inference'>, spans: number): void {
  for (let i = 0; i < spans; i++) series.record(5, { phasesMs: [4] });
}

/** Milliseconds until the client opens another stream. */
function waitForStream(clock: ManualClientClock, transport: ScriptedTransport): number {
  const { streams } = transport;
  const startMs = clock.monotonicMs();
  while (transport.streams === streams) clock.advance(1);
  return clock.monotonicMs() - startMs;
}
