import { expect } from 'chai';
import fc from 'fast-check';
import type { ExportOutcome } from '../../agent/core/exporter.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { ScriptedExporter } from '../fakes/scripted-exporter.ts';
import { DeliveryRig } from './delivery-rig.ts';

const RETRY: ExportOutcome = { kind: 'retry', reason: 'connection refused' };
const never = (): AbortSignal => new AbortController().signal;

describe('Delivery, whatever the answers', () => {
  const outcomes: readonly ExportOutcome[] = [
    { kind: 'accepted' },
    RETRY,
    { kind: 'retry', reason: 'throttled', afterMs: 5000 },
    { kind: 'hold', reason: 'forbidden' },
    { kind: 'too_large', reason: '413' },
  ];

  it('delivers every point in order and accounts for it', async () => {
    const script = fc.array(fc.constantFrom(...outcomes), { maxLength: 12 });
    const flushes = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(script, flushes, async (answers, counts) => {
        const database = new MemoryDatabase();
        const exporter = new ScriptedExporter();
        exporter.script(...answers);
        const rig = await new DeliveryRig(database, [exporter]).start();
        for (const count of counts) await rig.flush(count);
        expect(rig.accountedFor()).to.equal(rig.published.length);
        await rig.drain();
        const { pointsRejected } = rig.status();
        expect(rig.accountedFor()).to.equal(rig.published.length);
        const kept = new Set(exporter.accepted);
        expect(exporter.accepted).to.deep.equal(rig.published.filter((line) => kept.has(line)));
        expect(exporter.accepted.length + pointsRejected).to.equal(rig.published.length);
        await rig.delivery.stop(never());
        database.close();
      }),
      { numRuns: 40 },
    );
  }).timeout(60_000);

  it('finds exactly the bad lines', async () => {
    const size = fc.integer({ min: 1, max: 60 });
    await fc.assert(
      fc.asyncProperty(size, fc.array(fc.nat(59), { maxLength: 8 }), async (count, badIndexes) => {
        const database = new MemoryDatabase();
        const exporter = new ScriptedExporter();
        const rig = await new DeliveryRig(database, [exporter]).start();
        const bad = new Set<string>();
        exporter.answerWith((lines) =>
          lines.some((line) => bad.has(line)) ? { kind: 'rejected', reason: 'bad' } : { kind: 'accepted' },
        );
        rig.publish(count);
        for (const index of badIndexes) if (index < count) bad.add(rig.published[index]);
        await rig.flush(0);
        await rig.drain();
        expect(exporter.accepted).to.deep.equal(rig.published.filter((line) => !bad.has(line)));
        expect(rig.status().pointsRejected).to.equal(bad.size);
        expect(new Set(rig.status().deadLetters?.map(({ line }) => line))).to.deep.equal(bad);
        await rig.delivery.stop(never());
        database.close();
      }),
      { numRuns: 40 },
    );
  }).timeout(60_000);
});
