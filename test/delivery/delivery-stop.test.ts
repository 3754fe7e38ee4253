import { expect } from 'chai';
import type { ExportOutcome } from '../../agent/core/exporter.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { ScriptedExporter } from '../fakes/scripted-exporter.ts';
import { DeliveryRig } from './delivery-rig.ts';

const RETRY: ExportOutcome = { kind: 'retry', reason: 'connection refused' };
const never = (): AbortSignal => new AbortController().signal;

describe('Delivery when it stops', () => {
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

  it('sends what was committed last without waiting for its moment', async () => {
    rig.publish(3);
    await rig.commit();
    await rig.delivery.stop(never());
    expect(exporter.accepted).to.deep.equal(rig.published);
    const [cursor] = await database.query('SELECT position FROM outbox_cursor');
    expect([await rows(), cursor]).to.deep.equal([0, { position: 1 }]);
  });

  it('tries once where it had been waiting, and keeps the rest', async () => {
    exporter.answerWith(RETRY);
    for (let i = 0; i < 3; i++) await rig.flush(1);
    await rig.until(() => rig.status().state === 'retrying' && exporter.underWay === 0);
    const before = exporter.requests.length;
    await rig.delivery.stop(never());
    expect(exporter.requests.length).to.equal(before + 1);
    expect(await rows()).to.equal(3);
  });

  it('gives up on an exporter that hangs when its share of the time is over', async () => {
    exporter.hang();
    await rig.flush(1);
    await rig.until(() => exporter.underWay === 1);
    const stopped = rig.delivery.stop(never());
    await rig.clock.advance(1500);
    await stopped;
    expect(await rows()).to.equal(1);
  });

  it('gives up at once when the deadline is over already', async () => {
    exporter.hang();
    await rig.flush(1);
    await rig.until(() => exporter.underWay === 1);
    await rig.delivery.stop(AbortSignal.abort());
    expect(rig.clock.sleeping).to.equal(0);
  });
});
