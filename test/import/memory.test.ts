import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../source-files.ts';
import { writeGeneratedTrace } from './generated-trace.ts';
import { TraceFiles } from './trace-files.ts';

const MB = 1e6;

/** A gigabyte by hand: docs/evidence/import.md. */
describe('memory of an import', () => {
  const files = new TraceFiles();
  after(() => files.remove());

  async function peakOf(bytes: number): Promise<number> {
    const path = join(files.folder, `${bytes}.json`);
    const events = await writeGeneratedTrace(path, bytes);
    const program = join(ROOT, 'test/import/import-memory.ts');
    const output = execFileSync(process.execPath, ['--import', 'tsx', program, path], { encoding: 'utf8' });
    const { calls, peakBytes } = JSON.parse(output) as { calls: number; peakBytes: number };
    expect(calls).to.equal(events);
    return peakBytes;
  }

  it('does not grow with the file', async () => {
    const [small, large] = [await peakOf(20 * MB), await peakOf(100 * MB)];
    expect(large - small).to.be.below(30 * MB);
    expect(large).to.be.below(200 * MB);
  }).timeout(60_000);
});
