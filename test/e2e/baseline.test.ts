import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeDocument } from '../../agent/baseline/baseline-document.ts';
import { createClient } from '../../clients/node/index.ts';
import { steadyRecording } from '../baseline/steady-recording.ts';
import { pause, poll } from '../poll.ts';
import { ROOT } from '../source-files.ts';
import { createRandom } from '../window/sample-durations.ts';
import { AgentProcess } from './agent-process.ts';

const PROGRAM = join(ROOT, 'dist/agent/main.js');
/** A recording needs 40 s; all tests share these. */
const RECORDED_MS = 44_000;
const TICK_MS = 100;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program as a user runs it. */
function infermeter(...argv: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...argv], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

describe('baselines of the built program', function () {
  this.timeout(60_000);
  let agent: AgentProcess;
  let folder: string;
  /** A baseline that was not recorded. */
  let made: string;
  let load: Promise<void>;
  const at = (ended: AgentProcess): readonly string[] => ['--status-url', ended.httpUrl];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-baseline-'));
    agent = await AgentProcess.create({ INFERMETER_INTERVAL: '2s', INFERMETER_GPU__SOURCE: 'none' });
    await agent.start();
    load = sendLoad(agent.grpcAddress, RECORDED_MS);
    made = join(folder, 'made.json');
    writeFileSync(made, encodeDocument({ name: 'fp16', recording: steadyRecording('fp16', 10) }));
  });

  after(async () => {
    await agent?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  // These need no recording, while one is made.
  it('gives a baseline to another agent, which keeps it over a restart, and sets a damaged file aside', async () => {
    const other = await AgentProcess.create({ INFERMETER_GPU__SOURCE: 'none' });
    try {
      await other.start();
      expect(readdirSync(other.dataDir)).not.to.include('baselines.db');
      expect((await infermeter('baseline', 'import', made, ...at(other))).stdout).to.match(
        /^kept fp16: resnet50\/fp16/,
      );
      expect((await infermeter('baseline', 'import', made, ...at(other))).code).to.equal(1);
      expect((await infermeter('baseline', 'import', made, '--replace', ...at(other))).stdout).to.match(
        /^replaced fp16/,
      );
      await other.end('SIGKILL');
      await other.start();
      expect((await other.status()).baseline).to.include({ baselines: 1 });
      expect((await infermeter('baseline', 'export', 'fp16', ...at(other))).stdout).to.equal(
        readFileSync(made, 'utf8'),
      );
      await other.end('SIGTERM');
      writeFileSync(join(other.dataDir, 'baselines.db'), 'this was a database once');
      await other.start();
      const { degraded, baseline } = await other.status();
      expect(degraded.map(({ component }) => component)).to.deep.equal(['store:baselines.db']);
      expect(degraded[0].reason).to.match(/was put aside and begun anew: .*baselines\.db\.corrupt-\d+$/);
      expect(baseline.baselines).to.equal(0);
      const aside = readdirSync(other.dataDir).filter((name) => name.startsWith('baselines.db.corrupt-'));
      expect(readFileSync(join(other.dataDir, aside[0]), 'utf8')).to.equal('this was a database once');
    } finally {
      await other.dispose();
    }
  });

  it('compares two files without an agent, and draws them', async () => {
    const plot = join(folder, 'plot.svg');
    const compared = await infermeter('compare', '--baseline', made, '--candidate', made, '--plot', plot);
    expect(compared.code).to.equal(0);
    expect(compared.stdout).to.match(/^no difference shown: /m);
    expect(readFileSync(plot, 'utf8')).to.match(/^<svg /);
  });

  it('saves, lists, shows and exports what a series did', async function () {
    this.timeout(90_000);
    await load;
    const saved = await infermeter(
      'baseline',
      'save',
      'fp16',
      '--model',
      'bert',
      '--variant',
      'fp16',
      '--last',
      '41s',
      ...at(agent),
    );
    expect(saved).to.include({ code: 0 });
    expect(saved.stdout).to.match(/^kept fp16: bert\/fp16, [\d,]+ requests in 4\d slices\n$/);
    expect(saved.stderr).to.match(
      /^recorded 41 s, requests in \d+ of them; waiting \d s for what comes late\n/,
    );
    const listed = await infermeter('baseline', 'list', ...at(agent));
    expect(listed.stdout).to.match(/^name +series +begins +watched +requests +saved\nfp16 +bert\/fp16 /);
    const shown = await infermeter('baseline', 'show', 'fp16', ...at(agent));
    expect(shown.stdout).to.match(/latency +[\d.]+ ms +[\d.]+ ms +14\.\d ms/);
    const exported = await infermeter(
      'baseline',
      'export',
      'fp16',
      '-o',
      join(folder, 'fp16.json'),
      ...at(agent),
    );
    expect(exported).to.deep.include({ code: 0, stdout: '' });
    const again = await infermeter('baseline', 'export', 'fp16', ...at(agent));
    expect(again.stdout).to.equal(readFileSync(join(folder, 'fp16.json'), 'utf8'));
  });

  it('refuses what would be too short, what is there already, and whom it does not know', async () => {
    const save = (...more: string[]) =>
      infermeter('baseline', 'save', 'fp16', '--model', 'bert', ...more, ...at(agent));
    expect(await save('--variant', 'fp16', '--for', '39s')).to.deep.include({
      code: 1,
      stderr: 'infermeter: a baseline lasts 40 s at least, this would be 39 s\n',
    });
    expect((await save('--variant', 'fp16')).stderr).to.match(/there is a baseline "fp16" already/);
    expect((await save('--variant', 'int8', '--replace', '--last', '1d')).stderr).to.match(
      /recordings reach back 900 s/,
    );
    expect((await infermeter('baseline', 'save', 'x', '--model', 'gpt', ...at(agent))).stderr).to.match(
      /no such series: bert\/fp16, bert\/int8$/m,
    );
    expect((await infermeter('baseline', 'list', '--status-url', 'http://127.0.0.1:9')).code).to.equal(1);
  });

  const gates: readonly (readonly [string, readonly string[], number])[] = [
    ['model=bert,variant=int8', [], 0],
    ['model=bert,variant=int8', ['--fail-on', 'p95>1.05', '--require', 'inference.p95<0.9'], 0],
    ['model=bert,variant=int8', ['--fail-on', 'p50<0.9'], 1],
    ['model=bert,variant=int8', ['--fail-on', 'energy>1'], 3],
    ['model=bert', [], 1],
    ['nothing', [], 1],
  ];
  for (const [candidate, flags, code] of gates) {
    it(`compares ${candidate} ${flags.join(' ')} and ends with ${code}`, async () => {
      const compared = await infermeter(
        'compare',
        '--baseline',
        'fp16',
        '--candidate',
        candidate,
        ...flags,
        ...at(agent),
      );
      expect(compared.code, compared.stdout + compared.stderr).to.equal(code);
      if (code !== 1 || flags.length > 0)
        expect(compared.stdout).to.match(/^p95 +14\.\d ms +10\.\d ms +0\.\d\d .*faster$/m);
    });
  }

  it('says live, in points, how series compare, and in the status what it holds', async () => {
    const rows = await poll('points of comparisons', async () => {
      const answer = await fetch(
        `${agent.httpUrl}/api/v1/points?measurement=inference_comparison&variant=int8`,
      );
      const found = ((await answer.json()) as { rows: { tags: object; fields: Record<string, number> }[] })
        .rows;
      return found.length > 0 ? found : undefined;
    });
    expect(rows[0].tags).to.include({ model: 'bert', variant: 'int8', baseline: 'fp16' });
    expect(rows[0].fields['latency_p50_ratio']).to.be.closeTo(0.7, 0.05);
    expect((await agent.status()).baseline).to.include({
      followed: 2,
      baselines: 1,
      comparisons: 2,
      comparisonsWaiting: 0,
    });
  });

  it('ends at once, and keeps nothing, when its user has had enough', async () => {
    const argv = [
      'baseline',
      'save',
      'long',
      '--model',
      'bert',
      '--variant',
      'int8',
      '--for',
      '5m',
      ...at(agent),
    ];
    const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: 'pipe' });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    await poll('it records', async () => stderr.includes('recording: ') || undefined);
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).to.equal(1);
    expect(stderr).to.match(/infermeter: interrupted: nothing was kept\n$/);
  });

  it('deletes what is not needed any more', async () => {
    expect((await infermeter('baseline', 'delete', 'fp16', ...at(agent))).stdout).to.equal('deleted fp16\n');
    expect((await infermeter('baseline', 'show', 'fp16', ...at(agent))).code).to.equal(1);
  });
});

/** Two variants side by side, 100 requests a second each; int8 takes 0.7 of the time. */
async function sendLoad(address: string, durationMs: number): Promise<void> {
  const client = createClient({ address });
  const random = createRandom(7);
  const variants = [
    ['fp16', 10],
    ['int8', 7],
  ] as const;
  const series = variants.map(([variant, ms]) => ({
    ms,
    handle: client.series({ model: 'bert', variant, phases: ['inference'] }),
  }));
  const endMs = Date.now() + durationMs;
  while (Date.now() < endMs) {
    for (const { ms, handle } of series) {
      for (let index = 0; index < TICK_MS / 10; index++) {
        const durationMs = ms * (0.5 + random());
        handle.record(durationMs, { phasesMs: [durationMs * 0.75] });
      }
    }
    await pause(TICK_MS);
  }
  await client.close(2000);
}
