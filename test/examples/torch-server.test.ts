import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { ManualClock } from '../fakes/manual-clock.ts';
import { PYTHON, requireModule } from '../python.ts';
import { startAgent } from '../running-agent.ts';
import { ROOT } from '../source-files.ts';
import { ReportServer } from './report-server.ts';

interface SenderResult {
  readonly counts: { readonly accepted: number; readonly rejected: number; readonly dropped: number };
  readonly errors: string;
}

const SPAN = { start_unix_ns: 1_800_000_000_123_456, duration_ns: 5000 };

describe('examples/torch-server', function () {
  this.timeout(60_000);

  describe('the sender', () => {
    let server: ReportServer;

    before(function () {
      requireModule(this, 'grpc');
    });
    beforeEach(async () => {
      server = new ReportServer();
      await server.start();
    });
    afterEach(() => server?.stop());

    const send = (job: object): Promise<SenderResult> =>
      runSender({ address: server.address, series: { model: 'm' }, ...job });

    it('writes rows that the contract reads back, value for value', async () => {
      const { counts } = await send({
        series: {
          model: 'text',
          variant: 'int8',
          version: '3',
          operation: 'classify',
          labels: { gpu: 'GPU-1' },
        },
        spans: [
          {
            start_unix_ns: 1_800_000_000_123_456,
            duration_ns: 300_000_000_000,
            phases: [
              ['queue', 127],
              ['inference', 128, 2 ** 40],
            ],
            batch_size: 32,
            input_tokens: 4096,
          },
          { ...SPAN, duration_ns: -1, ok: false },
        ],
      });
      expect(counts).to.deep.equal({ accepted: 2, rejected: 0, dropped: 0 });
      const [first, second] = server.batches[0]?.spans ?? [];
      expect(plain(first)).to.deep.equal({
        model: 'text',
        variant: 'int8',
        version: '3',
        operation: 'classify',
        labels: { gpu: 'GPU-1' },
        startUnixNano: '1800000000123456',
        durationNano: '300000000000',
        status: 'STATUS_OK',
        phases: [
          { name: 'queue', durationNano: '127' },
          { name: 'inference', durationNano: '128', startOffsetNano: '1099511627776' },
        ],
        batchSize: 32,
        inputTokens: 4096,
      });
      expect(second).to.include({ durationNano: '-1', status: 'STATUS_ERROR' });
    });

    it('gives each request of a batch the same times', async () => {
      await send({ spans: [], timed: 32 });
      const spans = server.batches.flatMap((batch) => batch.spans);
      expect(spans).to.have.length(32);
      expect(new Set(spans.map((span) => JSON.stringify(plain(span))))).to.have.property('size', 1);
    });

    it('sends a batch whose answer got lost again, under the same number', async () => {
      server.answersToLose = 2;
      const { counts } = await send({ spans: [SPAN] });
      expect(counts.accepted).to.equal(1);
      expect(server.batches.map(({ sequence }) => sequence)).to.deep.equal(['1', '1', '1']);
      const producers = server.batches.map(({ producerId }) => Buffer.from(producerId).toString('hex'));
      expect(new Set(producers)).to.have.property('size', 1);
    });

    it('drops what its queue cannot hold, and tells how many', async () => {
      const { counts } = await send({ capacity: 5, flushIntervalSeconds: 2, spans: Array(8).fill(SPAN) });
      expect(counts).to.deep.equal({ accepted: 5, rejected: 0, dropped: 3 });
      expect(server.batches.map(({ dropped }) => dropped)).to.deep.equal(['3']);
    });

    it('counts what the agent refuses, and says why', async () => {
      server.rejectAs = 'too_late';
      const { counts, errors } = await send({ spans: [SPAN, SPAN] });
      expect(counts).to.deep.equal({ accepted: 0, rejected: 2, dropped: 0 });
      expect(errors).to.include('2 spans refused: too_late');
    });

    it('ends in time when there is no agent, and counts the loss', async () => {
      server.stop();
      const { counts, errors } = await send({ spans: [SPAN], closeSeconds: 0.5 });
      expect(counts).to.deep.equal({ accepted: 0, rejected: 0, dropped: 1 });
      expect(errors).to.include('1 spans lost: ');
    });

    it('is understood by the agent', async () => {
      const clock = new ManualClock();
      const folder = mkdtempSync(join(tmpdir(), 'infermeter-torch-'));
      const running = await startAgent(clock, [['data_dir', folder]]);
      const start_unix_ns = clock.wallMs() * 1e6;
      const { counts } = await runSender({
        address: running.grpcAddress,
        series: { model: 'text', labels: { gpu: 'GPU-1' } },
        spans: Array(1000).fill({ start_unix_ns, duration_ns: 1000, phases: [['inference', 900]] }),
      });
      await running.stop();
      rmSync(folder, { recursive: true });
      expect(counts).to.deep.equal({ accepted: 1000, rejected: 0, dropped: 0 });
    });
  });

  it('gives in int8 and fp16 nearly what it gives in fp32', function () {
    requireModule(this, 'torch');
    const script = join(ROOT, 'test/examples/torch-variants.py');
    const { stdout, stderr } = spawnSync(PYTHON, [script], { encoding: 'utf8' });
    expect(stdout, stderr).to.not.equal('');
    for (const { model, variant, cosine } of JSON.parse(stdout)) {
      expect(cosine, `${model} ${variant}`).to.be.above(0.999);
    }
  });
});

async function runSender(job: object): Promise<SenderResult> {
  const script = join(ROOT, 'test/examples/torch-spans.py');
  const child = spawn(PYTHON, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(job));
  const [stdout, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(stdout, errors).to.not.equal('');
  return { counts: JSON.parse(stdout), errors };
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
