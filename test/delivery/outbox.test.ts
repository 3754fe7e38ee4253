import { expect } from 'chai';
import fc from 'fast-check';
import type { ExportOutcome } from '../../agent/core/exporter.ts';
import { Outbox, outboxSchema } from '../../agent/delivery/outbox.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { ScriptedExporter } from '../fakes/scripted-exporter.ts';
import { DeliveryRig } from './delivery-rig.ts';

const DOWN: ExportOutcome = { kind: 'retry', reason: 'down' };
const NOW_MS = 1_800_000_000_000;

describe('the outbox', () => {
  let database: MemoryDatabase;
  let rigs: DeliveryRig[];

  beforeEach(() => {
    database = new MemoryDatabase();
    rigs = [];
  });

  afterEach(async () => {
    for (const rig of rigs) await rig.delivery.stop(AbortSignal.abort());
    database.close();
  });

  async function start(exporters: readonly ScriptedExporter[], outboxBytes?: number): Promise<DeliveryRig> {
    const rig = new DeliveryRig(database, exporters, outboxBytes);
    rigs.push(rig);
    return rig.start();
  }

  function durable(name: string, isDown = false): ScriptedExporter {
    const exporter = new ScriptedExporter(name);
    if (isDown) exporter.answerWith(DOWN);
    return exporter;
  }

  const rows = async (): Promise<number> => {
    const [row] = await database.query('SELECT count(*) AS n FROM outbox');
    return Number(row['n']);
  };

  it('survives a restart, in order', async () => {
    const before = await start([durable('a', true)]);
    for (const count of [2, 3]) await before.flush(count);
    await before.delivery.stop(AbortSignal.abort());

    const exporter = durable('a');
    const after = await start([exporter]);
    await after.until(() => after.status('a').waitingPoints === 5);
    await after.flush(1);
    await after.drain('a');
    expect(exporter.accepted).to.deep.equal([...before.published, ...after.published]);
    await after.flush(0);
    expect(await rows()).to.equal(0);
  });

  it('sends again after a crash what no transaction had acknowledged, the same batch first', async () => {
    const before = await start([durable('a')]);
    for (const count of [2, 1]) await before.flush(count);
    await before.drain('a');

    // No stop: the process is gone, and the last flush had acknowledged at most the first batch.
    const exporter = durable('a');
    const after = await start([exporter]);
    await after.drain('a');
    expect(exporter.accepted).to.deep.equal(before.published.slice(-exporter.accepted.length));
    expect(exporter.accepted).to.include(before.published[2]);
  });

  it('keeps a batch until every exporter has taken it, each at its own pace', async () => {
    const [quick, slow] = [durable('quick'), durable('slow', true)];
    const rig = await start([quick, slow]);
    for (const count of [1, 2, 3]) await rig.flush(count);
    await rig.drain('quick');
    await rig.flush(0);
    expect([quick.accepted.length, slow.accepted.length, await rows()]).to.deep.equal([6, 0, 3]);
    slow.answerWith({ kind: 'accepted' });
    await rig.drain('slow');
    await rig.flush(0);
    expect(slow.accepted).to.deep.equal(rig.published);
    expect(await rows()).to.equal(0);
  });

  it('takes from a lagging exporter its own oldest only, and counts them', async () => {
    const [quick, slow] = [durable('quick'), durable('slow', true)];
    const rig = await start([quick, slow], 1000);
    for (let i = 0; i < 30; i++) await rig.flush(10);
    await rig.drain('quick');
    expect(quick.accepted).to.deep.equal(rig.published);
    const { pointsDropped } = rig.status('slow');
    expect(pointsDropped).to.be.above(200);
    expect(rig.accountedFor('slow')).to.equal(300);
    expect(rig.delivery.outboxStatus()?.bytes).to.be.at.most(1000);
    expect(rig.delivery.degradations().map(({ reason }) => reason)).to.include(
      `${pointsDropped} points were lost since the start: it could not keep up`,
    );
    slow.answerWith({ kind: 'accepted' });
    await rig.drain('slow');
    expect(slow.accepted).to.deep.equal(rig.published.slice(pointsDropped));
  });

  it('forgets the cursor of an exporter that is no more, and what waited for it alone', async () => {
    const before = await start([durable('a'), durable('gone', true)]);
    await before.flush(3);
    await before.drain('a');
    await before.delivery.stop(AbortSignal.abort());
    const after = await start([durable('a')]);
    await after.flush(0);
    expect(await rows()).to.equal(0);
    expect(await database.query('SELECT exporter FROM outbox_cursor')).to.deep.equal([{ exporter: 'a' }]);
  });

  it('empties itself when no durable exporter is left, and keeps nothing from then on', async () => {
    const before = await start([durable('a', true)]);
    await before.flush(3);
    await before.delivery.stop(AbortSignal.abort());
    const after = await start([new ScriptedExporter('direct', false)]);
    await after.flush(2);
    expect(await rows()).to.equal(0);
    expect(after.delivery.outboxStatus()).to.equal(undefined);
  });

  it('starts a new exporter at the tail', async () => {
    const before = await start([durable('a', true)]);
    await before.flush(3);
    await before.delivery.stop(AbortSignal.abort());
    const [old, fresh] = [durable('a'), durable('fresh')];
    const after = await start([old, fresh]);
    await after.flush(1);
    await after.drain('a');
    await after.drain('fresh');
    expect(fresh.accepted).to.deep.equal(after.published);
    expect(old.accepted).to.deep.equal([...before.published, ...after.published]);
  });

  it('goes on without what it cannot read at the start', async () => {
    const before = await start([durable('a', true)]);
    await before.flush(2);
    await before.delivery.stop(AbortSignal.abort());
    const exporter = durable('a');
    const after = new DeliveryRig(database, [exporter]);
    rigs.push(after);
    database.failure = new Error('database disk image is malformed');
    await after.delivery.restore();
    database.failure = undefined;
    await after.delivery.start();
    await after.flush(1);
    await after.drain('a');
    expect(exporter.accepted).to.deep.equal(after.published);
    expect(after.log.lines[0]).to.equal('error the outbox of an earlier run cannot be read');
  });

  it('accounts for every point of two exporters, whatever fails and however small it is', async () => {
    const step = fc.record({
      publish: fc.integer({ min: 0, max: 30 }),
      commits: fc.boolean(),
      downs: fc.tuple(fc.boolean(), fc.boolean()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const ownDatabase = new MemoryDatabase();
        const exporters = [new ScriptedExporter('a'), new ScriptedExporter('b')];
        const rig = await new DeliveryRig(ownDatabase, exporters, 600).start();
        for (const { publish, commits, downs } of steps) {
          ownDatabase.failure = commits ? undefined : new Error('database or disk is full');
          downs.forEach((down, i) => void exporters[i].answerWith(down ? DOWN : { kind: 'accepted' }));
          await rig.flush(publish).catch(() => undefined);
          for (const name of ['a', 'b']) expect(rig.accountedFor(name)).to.equal(rig.published.length);
        }
        ownDatabase.failure = undefined;
        for (const exporter of exporters) exporter.answerWith({ kind: 'accepted' });
        await rig.flush(0);
        for (const name of ['a', 'b']) {
          await rig.drain(name);
          expect(rig.accountedFor(name)).to.equal(rig.published.length);
          expect(rig.status(name).pointsRejected).to.equal(0);
        }
        await rig.delivery.stop(AbortSignal.abort());
        ownDatabase.close();
      }),
      { numRuns: 30 },
    );
  }).timeout(60_000);

  it('bounds what waits in memory for a database that takes nothing', async () => {
    const drops: number[] = [];
    const options = {
      exporters: ['a'],
      maxBytes: 2 ** 30,
      onDrop: (_: string, points: number) => drops.push(points),
    };
    const outbox = new Outbox(database, options);
    await database.transaction([{ sql: outboxSchema }]);
    await outbox.restore(NOW_MS);
    for (let i = 0; i < 10; i++) {
      outbox.add({ points: 100 + i, gzip: new Uint8Array(8 << 20) }, NOW_MS);
      outbox.capture().abandoned();
    }
    expect(drops).to.deep.equal([100, 101, 102, 103, 104, 105]);
    expect(outbox.waiting('a')).to.include({ points: 106 + 107 + 108 + 109, bytes: 32 << 20 });
  });
});
