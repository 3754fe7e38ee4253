import { expect } from 'chai';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { rejectionOf } from '../fakes/rejection.ts';
import { ScriptedExporter } from '../fakes/scripted-exporter.ts';
import { DeliveryRig } from './delivery-rig.ts';

describe('an exporter that is not durable', () => {
  let database: MemoryDatabase;
  let exporter: ScriptedExporter;
  let rig: DeliveryRig;

  beforeEach(async () => {
    database = new MemoryDatabase();
    exporter = new ScriptedExporter('scripted', false);
    rig = await new DeliveryRig(database, [exporter]).start();
  });

  afterEach(async () => {
    await rig.delivery.stop(AbortSignal.abort());
    database.close();
  });

  it('gets each batch once, right after the flush, and nothing is kept on disk', async () => {
    rig.publish(2);
    await rig.commit();
    await rig.until(() => exporter.accepted.length === 2);
    expect(await database.query('SELECT * FROM outbox')).to.deep.equal([]);
    expect(rig.status()).to.include({ durable: false, pointsExported: 2, waitingPoints: 0 });
  });

  it('gets it also when the state could not be written', async () => {
    database.failure = new Error('full');
    rig.publish(2);
    await rejectionOf(rig.commit());
    database.failure = undefined;
    await rig.flush(1);
    await rig.until(() => exporter.accepted.length === 3);
    expect(exporter.requests.map((lines) => lines.length)).to.deep.equal([2, 1]);
  });

  it('loses what it cannot take, counted', async () => {
    exporter.script({ kind: 'retry', reason: 'full' }, { kind: 'partial', rejected: 1, reason: 'bad' });
    await rig.flush(3);
    await rig.flush(4);
    await rig.drain();
    expect(rig.status()).to.include({ pointsExported: 3, pointsRejected: 1, pointsDropped: 3, state: 'ok' });
    expect(rig.delivery.degradations().map(({ component }) => component)).to.deep.equal([
      'exporter:scripted',
    ]);
  });

  it('finishes what is queued when the agent stops', async () => {
    rig.publish(3);
    await rig.commit();
    await rig.delivery.stop(new AbortController().signal);
    expect(exporter.accepted).to.deep.equal(rig.published);
  });
});
