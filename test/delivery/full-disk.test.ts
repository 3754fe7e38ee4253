import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SqliteThread } from '../../agent/store/sqlite-thread.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { ScriptedExporter } from '../fakes/scripted-exporter.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { DeliveryRig } from './delivery-rig.ts';

describe('delivery on a full disk', () => {
  it('loses nothing while memory lasts, and recovers when the exporter takes what waited', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'infermeter-full-'));
    const thread = new SqliteThread(directory, new ManualClock(), new SilentLogger());
    try {
      await thread.start();
      const database = await thread.open('state.db', { synchronous: 'full', maxBytes: 200_000 });
      const exporter = new ScriptedExporter();
      exporter.answerWith({ kind: 'retry', reason: 'down' });
      const rig = await new DeliveryRig(database, [exporter]).start();
      let refused = 0;
      for (let i = 0; i < 30; i++) {
        await rig.flush(1500).catch((error: Error) => {
          expect(error.message).to.match(/full/);
          refused += 1;
        });
      }
      expect(refused).to.be.above(3);
      exporter.answerWith({ kind: 'accepted' });
      for (let i = 0; i < 200 && rig.status().waitingPoints > 0; i++) {
        await rig.flush(0).catch(() => undefined);
        await rig.clock.advance(60_000);
      }
      expect(exporter.accepted).to.deep.equal(rig.published);
      await rig.delivery.stop(AbortSignal.abort());
    } finally {
      await thread.stop(AbortSignal.timeout(5000));
      rmSync(directory, { recursive: true });
    }
  }).timeout(30_000);
});
