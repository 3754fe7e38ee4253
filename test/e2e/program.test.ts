import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { HealthClient, ReflectionClient } from '../ingest/service-clients.ts';
import { poll } from '../poll.ts';
import { ROOT, readSources } from '../source-files.ts';
import { AgentProcess } from './agent-process.ts';

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the built program to its end. */
function runProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/agent/main.js'), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'pipe',
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

describe('the built program', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const directory = mkdtempSync(join(tmpdir(), 'infermeter-program-'));
  const badFile = join(directory, 'bad.yaml');
  writeFileSync(badFile, 'interval: 10 parsecs\nwindow: [1m]\nlisten:\n  grpc: 0.0.0.0:4317\n');

  after(() => rmSync(directory, { recursive: true, force: true }));

  it('has a module for each thread and process that it starts', () => {
    const started = readSources(['agent'], ['.ts']).flatMap(({ text }) =>
      [...text.matchAll(/(?:new URL|launchThread)\(['`]\.\/([\w-]+)['`.][^,]*, import\.meta\.url/g)].map(
        ([, name]) => name,
      ),
    );
    expect(started).to.include.members([
      'program-thread',
      'database-thread',
      'comparison-thread',
      'gpu-program',
    ]);
    const missing = started.filter((name) => !existsSync(join(ROOT, 'dist/agent', `${name}.js`)));
    expect(missing).to.deep.equal([]);
  });

  const cases: readonly [string, readonly string[], number, readonly string[]][] = [
    ['says its version', ['--version'], 0, [version]],
    ['explains itself', ['--help'], 0, ['run', 'demo', 'check', 'config', 'send-test', 'Exit codes']],
    ['explains a command', ['run', '--help'], 0, ['--config', 'listen.grpc']],
    [
      'imports a trace',
      ['import', '--model', 'm', join(ROOT, 'test/captures/traces/torch-cpu.json.gz')],
      0,
      ['57 operators in 4 runs of the model', 'aten::mkldnn_convolution'],
    ],
    ['refuses an unknown command', ['walk'], 2, ["unknown command 'walk'"]],
    ['refuses an unknown option', ['run', '--fast'], 2, ['--fast']],
    [
      'refuses a bad configuration with all its mistakes at once',
      ['run', '--config', badFile],
      2,
      ['10 parsecs', 'bad.yaml:1', 'window', 'bad.yaml:2', 'insecure'],
    ],
    ['prints a sample', ['config', '--sample'], 0, ['interval: 10s', '# ']],
  ];

  for (const [behaviour, args, code, fragments] of cases) {
    it(`${behaviour}: infermeter ${args.filter((arg) => arg !== badFile).join(' ')}`, async () => {
      const ended = await runProgram(args);
      for (const fragment of fragments) expect(ended.output).to.contain(fragment);
      expect(ended.code).to.equal(code);
    });
  }

  it('checks that a store takes points, and fails with the reason where it does not', async () => {
    const ended = await runProgram(
      [
        'check',
        '--json',
        ...['grpc', 'otlp_http', 'http'].flatMap((key) => ['--set', `listen.${key}=127.0.0.1:0`]),
      ],
      {
        INFERMETER_DATA_DIR: directory,
        INFLUX_URL: 'http://127.0.0.1:1',
        INFLUX_BUCKET: 'b',
        INFLUX_ORG: 'o',
        INFLUX_TOKEN: 'very-secret',
      },
    );
    const { ok, findings } = JSON.parse(ended.output) as {
      ok: boolean;
      findings: { name: string; ok: boolean }[];
    };
    expect(ok).to.equal(false);
    expect(findings.filter((finding) => !finding.ok).map(({ name }) => name)).to.deep.equal([
      'exporters.influxdb',
    ]);
    expect(ended.output).not.to.contain('very-secret');
    expect(ended.code).to.equal(1);
  });

  it('sends a test span to a running agent, says that it was taken, and shows it on /metrics and in the history', async function () {
    this.timeout(30_000);
    const agent = await AgentProcess.create({ INFERMETER_INTERVAL: '1s' });
    try {
      await agent.start();
      const ended = await runProgram([
        'send-test',
        '--address',
        agent.grpcAddress,
        '--status-url',
        agent.httpUrl,
      ]);
      expect(ended.output).to.contain('accepted');
      expect(ended.code).to.equal(0);
      expect(await (await fetch(`${agent.httpUrl}/metrics`)).text()).to.match(
        /infermeter_requests_total\{.*\} 1/,
      );
      const points = await poll('the history has the window', async () => {
        const query = `measurement=inference&from=0&to=${Date.now() + 60_000}`;
        const answer = await fetch(`${agent.httpUrl}/api/v1/points?${query}`);
        const { rows } = (await answer.json()) as { rows: { fields: Record<string, number> }[] };
        return rows.length > 0 ? rows : undefined;
      });
      expect(points[0]?.fields['requests']).to.equal(1);
    } finally {
      await agent.dispose();
    }
  });

  it('answers health checks and reflection, and writes a log for people, whose parts are loaded late', async function () {
    this.timeout(30_000);
    const agent = await AgentProcess.create({ INFERMETER_LOG__FORMAT: 'pretty' });
    const health = new HealthClient(agent.grpcAddress);
    const reflection = new ReflectionClient(agent.grpcAddress);
    try {
      await agent.start();
      expect(await health.check('')).to.equal('SERVING');
      expect(await reflection.listServices()).to.include('infermeter.v1.SpanService');
      expect(agent.output).to.contain('spans are taken').and.not.to.contain('{"level"');
    } finally {
      health.close();
      reflection.close();
      await agent.dispose();
    }
  });

  it('loses nothing in a stop: what was taken is in the history after the next start', async function () {
    this.timeout(40_000);
    const agent = await AgentProcess.create({ INFERMETER_INTERVAL: '2s' });
    try {
      await agent.start();
      for (let sent = 0; sent < 3; sent++) await runProgram(['send-test', '--address', agent.grpcAddress]);
      expect(await agent.end('SIGTERM')).to.equal(0);
      await agent.start();
      const requests = await poll('the windows are written', async () => {
        const query = `measurement=inference&window=2s&from=0&to=${Date.now() + 60_000}`;
        const answer = await fetch(`${agent.httpUrl}/api/v1/points?${query}`);
        const { rows } = (await answer.json()) as { rows: { fields: Record<string, number> }[] };
        const sum = rows.reduce((total, row) => total + (row.fields['requests'] ?? 0), 0);
        return sum >= 3 ? sum : undefined;
      });
      expect(requests).to.equal(3);
    } finally {
      await agent.dispose();
    }
  });
});
