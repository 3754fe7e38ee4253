import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ManualClock } from '../fakes/manual-clock.ts';
import { poll } from '../poll.ts';
import { startAgent } from '../running-agent.ts';
import { MetricsServer } from './metrics-server.ts';

describe('agent: scrape', () => {
  it('stores what each server says, and is degraded by the one that cannot be read', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'infermeter-scrape-'));
    const server = new MetricsServer();
    await server.start();
    server.answer = ({ url }, response) =>
      url === '/metrics' ? response.end('tgi_queue_size 7\n') : response.writeHead(401).end();
    const clock = new ManualClock();
    const running = await startAgent(clock, [
      ['data_dir', directory],
      ['listen.http', '127.0.0.1:0'],
      ['gpu.source', 'none'],
      [
        'scrape',
        `[{url: "${server.url}", kind: tgi, model: m, variant: int8}, {url: "${server.url}/locked", kind: vllm}]`,
      ],
    ]);
    try {
      const { http } = running.agent.addresses();
      const rows = await poll('a point of the server', async () => {
        await running.advance(10_000);
        const response = await fetch(
          `http://${http}/api/v1/points?measurement=server&from=0&to=${clock.wallMs()}`,
        );
        const text = await response.text();
        return text.includes('requests_waiting') ? text : undefined;
      });
      expect(rows).to.contain('int8').and.to.contain(server.endpoint);
      const { samplers, degraded } = running.agent.status();
      const ours = samplers.filter(({ name }) => name.startsWith('scrape:'));
      expect(ours.map(({ ok }) => ok)).to.deep.equal([true, false]);
      expect(degraded.map(({ reason }) => reason)).to.include(`${server.url}/locked: HTTP 401`);
    } finally {
      await running.stop();
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  }).timeout(20_000);
});
