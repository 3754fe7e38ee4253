import { expect } from 'chai';
import type { ExportOutcome } from '../../agent/core/exporter.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { rejectionOf } from '../fakes/rejection.ts';
import { ScriptedExporter } from '../fakes/scripted-exporter.ts';
import { DeliveryRig } from './delivery-rig.ts';

const RETRY: ExportOutcome = { kind: 'retry', reason: 'connection refused' };

describe('Delivery', () => {
  let database: MemoryDatabase;
  let exporter: ScriptedExporter;
  let rig: DeliveryRig;

  beforeEach(async () => {
    database = new MemoryDatabase();
    exporter = new ScriptedExporter();
    rig = await new DeliveryRig(database, [exporter]).start();
  });

  afterEach(async () => {
    exporter.answerWith({ kind: 'accepted' });
    await rig.delivery.stop(AbortSignal.abort());
    database.close();
  });

  const rows = async (): Promise<number> => {
    const [row] = await database.query('SELECT count(*) AS n FROM outbox');
    return Number(row['n']);
  };

  it('sends what was committed, and nothing before', async () => {
    rig.publish(3);
    await rig.delivery.seal();
    await rig.clock.advance(60_000);
    expect(exporter.requests).to.deep.equal([]);
    await rig.flush(2);
    await rig.drain();
    expect(exporter.accepted).to.deep.equal(rig.published);
    expect(rig.status()).to.include({ state: 'ok', exports: 2, pointsExported: 5, waitingPoints: 0 });
  });

  it('cuts batches at 5,000 lines', async () => {
    await rig.flush(12_000);
    await rig.drain();
    expect(exporter.requests.map((lines) => lines.length)).to.deep.equal([5000, 5000, 2000]);
    expect(exporter.accepted).to.deep.equal(rig.published);
  });

  it('waits a moment of its own after a flush, so that a fleet does not write at once', async () => {
    rig.publish(1);
    await rig.commit();
    await rig.clock.advance(1);
    expect(exporter.requests).to.have.length(0);
    await rig.clock.advance(1000);
    await rig.until(() => exporter.requests.length === 1);
  });

  it('lets acknowledgements ride with the next flush', async () => {
    await rig.flush(1);
    await rig.drain();
    expect([await rows(), database.transactions]).to.deep.equal([1, 2]);
    await rig.flush(0);
    expect([await rows(), database.transactions]).to.deep.equal([0, 3]);
  });

  it('keeps the order through aborts, one request at a time', async () => {
    exporter.script(RETRY, { kind: 'accepted' }, RETRY, RETRY);
    for (const count of [3, 2, 4]) await rig.flush(count);
    await rig.drain();
    expect(exporter.accepted).to.deep.equal(rig.published);
    expect(exporter.requests.map((lines) => lines.length)).to.deep.equal([3, 3, 2, 2, 2, 4]);
    expect(exporter.maxUnderWay).to.equal(1);
    expect(rig.status()).to.include({ exports: 6, exportsFailed: 3 });
  });

  it('says on the second failure in a row what is wrong, until it is right again', async () => {
    exporter.answerWith(RETRY);
    await rig.flush(1);
    await rig.until(() => exporter.requests.length === 1);
    expect(rig.delivery.degradations()).to.deep.equal([]);
    await rig.clock.advance(1000);
    await rig.until(() => exporter.requests.length === 2);
    const [trouble] = rig.delivery.degradations();
    expect(trouble).to.include({ component: 'exporter:scripted', reason: 'connection refused' });
    expect(rig.status()).to.include({ state: 'retrying', reason: 'connection refused', waitingPoints: 1 });
    exporter.answerWith({ kind: 'accepted' });
    await rig.drain();
    expect(rig.delivery.degradations()).to.deep.equal([]);
    expect(rig.status()).to.include({ state: 'ok' });
  });

  it('does not try before the time that the server named', async () => {
    exporter.script({ kind: 'retry', reason: 'throttled', afterMs: 20_000 });
    await rig.flush(1);
    await rig.until(() => exporter.requests.length === 1);
    await rig.clock.advance(19_000);
    expect(exporter.requests).to.have.length(1);
    await rig.clock.advance(1000);
    await rig.until(() => exporter.requests.length === 2);
  });

  it('holds everything back on wrong credentials, and looks again when told', async () => {
    exporter.answerWith({ kind: 'hold', reason: 'the token is wrong' });
    await rig.flush(2);
    await rig.until(() => rig.status().state === 'holding');
    expect(rig.delivery.degradations().map(({ reason }) => reason)).to.deep.equal(['the token is wrong']);
    await rig.clock.advance(29_000);
    expect(exporter.requests).to.have.length(1);
    exporter.answerWith({ kind: 'accepted' });
    rig.delivery.poke();
    await rig.until(() => exporter.accepted.length === 2);
    expect(rig.delivery.degradations()).to.deep.equal([]);
  });

  it('gives up a request after 10 s and sends the same batch again', async () => {
    exporter.hang();
    await rig.flush(2);
    await rig.until(() => exporter.requests.length === 1);
    exporter.answerWith({ kind: 'accepted' });
    await rig.clock.advance(9000);
    expect(exporter.underWay).to.equal(1);
    await rig.drain();
    expect(exporter.requests.map((lines) => lines.length)).to.deep.equal([2, 2]);
  });

  it('tries again when an exporter throws, and says that it is a bug', async () => {
    exporter.answerWith(() => Promise.reject(new Error('oops')));
    await rig.flush(1);
    await rig.until(() => rig.status().state === 'retrying');
    expect(rig.status().reason).to.equal('bug: the exporter threw: oops');
    exporter.answerWith({ kind: 'accepted' });
    await rig.drain();
    expect(exporter.accepted).to.deep.equal(rig.published);
  });

  it('sends halves of what is too large, in order', async () => {
    exporter.answerWith((lines) =>
      lines.length > 7 ? { kind: 'too_large', reason: '413' } : { kind: 'accepted' },
    );
    await rig.flush(50);
    await rig.drain();
    expect(exporter.accepted).to.deep.equal(rig.published);
    expect(rig.status()).to.include({ pointsExported: 50, pointsRejected: 0, exportsFailed: 0 });
  });

  it('gives up a single line that is too large, and keeps it for the status', async () => {
    exporter.answerWith((lines) =>
      lines.includes(rig.published[5]) ? { kind: 'too_large', reason: '413' } : { kind: 'accepted' },
    );
    await rig.flush(9);
    await rig.drain();
    expect(exporter.accepted).to.deep.equal(rig.published.filter((_, i) => i !== 5));
    expect(rig.status()).to.deep.include({ pointsExported: 8, pointsRejected: 1 });
    expect(rig.status().deadLetters?.map(({ line, reason }) => [line, reason])).to.deep.equal([
      [rig.published[5], '413'],
    ]);
  });

  it('goes on with the parts of a batch where a failure interrupted them', async () => {
    const outcomes: ExportOutcome[] = [{ kind: 'too_large', reason: '413' }, { kind: 'accepted' }, RETRY];
    exporter.script(...outcomes);
    await rig.flush(4);
    await rig.drain();
    expect(exporter.requests.map((lines) => lines.length)).to.deep.equal([4, 2, 2, 2]);
    expect(exporter.accepted).to.deep.equal(rig.published);
  });

  it('counts what a server wrote only in part, one where it does not say how many', async () => {
    exporter.script(
      { kind: 'partial', rejected: 2, reason: 'type conflict' },
      { kind: 'partial', rejected: undefined, reason: 'unable to parse' },
    );
    await rig.flush(5);
    await rig.flush(5);
    await rig.drain();
    expect(rig.status()).to.include({ exports: 2, pointsExported: 7, pointsRejected: 3 });
  });

  it('stops searching a batch in which nearly every line is bad', async () => {
    exporter.answerWith({ kind: 'rejected', reason: 'bad' });
    await rig.flush(3000);
    await rig.until(() => rig.status().waitingPoints === 0);
    expect(exporter.requests.length).to.be.below(600);
    expect(rig.status()).to.include({ pointsExported: 0, pointsRejected: 3000 });
    expect(rig.status().deadLetters).to.have.length(20);
  });

  it('keeps batches in memory while the database takes none, and writes them later', async () => {
    database.failure = new Error('database or disk is full');
    rig.publish(2);
    expect((await rejectionOf(rig.commit())).message).to.equal('database or disk is full');
    expect([exporter.requests.length, rig.accountedFor()]).to.deep.equal([0, 2]);
    database.failure = undefined;
    await rig.flush(3);
    await rig.drain();
    expect(exporter.accepted).to.deep.equal(rig.published);
  });

  it('tries again when the outbox cannot be read', async () => {
    rig.publish(2);
    await rig.commit();
    database.failure = new Error('disk I/O error');
    await rig.clock.advance(1000);
    await rig.until(() => rig.status().state === 'retrying');
    expect(rig.status().reason).to.equal('the outbox cannot be read: disk I/O error');
    database.failure = undefined;
    await rig.drain();
    expect(exporter.accepted).to.deep.equal(rig.published);
  });

  it('counts a batch that is gone from the disk as dropped', async () => {
    rig.publish(2);
    await rig.commit();
    await database.transaction([{ sql: 'DELETE FROM outbox' }]);
    await rig.flush(1);
    await rig.drain();
    expect(rig.status()).to.include({ pointsExported: 1, pointsDropped: 2 });
  });

  it('says how long an outage it can still hold', async () => {
    exporter.answerWith(RETRY);
    expect(rig.delivery.outboxStatus()).to.not.have.property('remainingSeconds');
    for (let i = 0; i < 5; i++) await rig.flush(100);
    const status = rig.delivery.outboxStatus();
    expect(status).to.deep.include({ points: 500, maxBytes: 64 << 20, oldestMs: 5000 });
    const bytesPerFlush = Number(status?.bytes) / 5;
    const expected = ((64 << 20) - Number(status?.bytes)) / bytesPerFlush;
    expect(Number(status?.remainingSeconds) / expected).to.be.within(0.9, 1.1);
  });
});
