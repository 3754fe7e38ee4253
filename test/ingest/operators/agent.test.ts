import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { poll } from '../../poll.ts';
import { startAgent } from '../../running-agent.ts';
import { sendReport } from './operator-client.ts';

describe('agent: operators', () => {
  it('stores what a profiler reports, and counts it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'infermeter-operators-'));
    const clock = new ManualClock();
    const running = await startAgent(clock, [
      ['data_dir', directory],
      ['listen.http', '127.0.0.1:0'],
      ['limits.operators', '1'],
      ['gpu.source', 'none'],
    ]);
    const { http } = running.agent.addresses();
    const rowsOf = (measurement: string, words: string) =>
      poll(`points of ${measurement}`, async () => {
        await running.advance(10_000);
        const query = `measurement=${measurement}&from=0&to=${clock.wallMs()}`;
        const text = await (await fetch(`http://${http}/api/v1/points?${query}`)).text();
        return text.includes(words) ? text : undefined;
      });
    try {
      const kernel = (name: string, selfNano: number) => ({
        name,
        device: 'cuda',
        calls: 1,
        totalNano: selfNano,
        selfNano,
      });
      await sendReport(running.grpcAddress, {
        series: { model: 'bert', variant: 'int8' },
        profiler: 'tensorrt',
        operators: [kernel('gemm', 3000), kernel('softmax', 1000)],
      });
      expect(await rowsOf('operator', '__other__'))
        .to.contain('gemm')
        .and.to.contain('"share_ratio":0.75');
      expect(await rowsOf('infermeter', 'operators_accepted_total')).to.contain(
        '"operators_accepted_total":2',
      );
    } finally {
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  }).timeout(20_000);
});
