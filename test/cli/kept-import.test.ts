import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ManualClock } from '../fakes/manual-clock.ts';
import { poll } from '../poll.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { ROOT } from '../source-files.ts';
import { filesOf, runCommand } from './fake-context.ts';

const capture = (name: string): string => join(ROOT, 'test/captures/traces', name);
const TRACE = capture('torch-cpu.json.gz');

describe('import to a running agent', () => {
  let agent: RunningAgent;
  let clock: ManualClock;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-kept-'));
    clock = new ManualClock();
    agent = await startAgent(clock, [
      ['data_dir', folder],
      ['listen.http', '127.0.0.1:0'],
      ['gpu.source', 'none'],
    ]);
  });
  afterEach(async () => {
    await agent.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const url = (): string => `http://${agent.agent.addresses()['http']}`;
  const run = (...argv: string[]) =>
    runCommand(['import', '--model', 'resnet50', '--variant', 'fp32', '--status-url', url(), ...argv]);

  it('keeps a baseline and stores its operators, once however often it is imported', async () => {
    const first = await run(TRACE, '--as', 'fp32');
    expect([first.code, first.stderr]).to.deep.equal([0, '']);
    expect(first.stdout).to.match(/kept fp32; 57 operators become points of it\n$/);
    const taken = await run(TRACE, '--as', 'fp32');
    expect(taken.code).to.equal(1);
    expect(taken.stderr).to.contain('there is a baseline "fp32" already');
    const again = await run(TRACE, '--as', 'fp32', '--replace');
    expect(again.stdout).to.match(/kept fp32; the points of its operators were there already\n$/);
    const listed = await runCommand(['baseline', 'list', '--status-url', url()]);
    expect(listed.stdout).to.match(/fp32 +resnet50/);
    const text = await poll('operators in the store', async () => {
      await agent.advance(10_000);
      const query = `measurement=operator&from=0&to=${clock.wallMs()}`;
      const found = await (await fetch(`${url()}/api/v1/points?${query}`)).text();
      return found.includes('aten::mkldnn_convolution') ? found : undefined;
    });
    expect(text).to.contain('__other__').and.to.contain('"profiler":"torch"');
    expect(agent.agent.status().operators).to.include({ profiles: 1, accepted: 57, duplicate: 57 });
  }).timeout(20_000);

  it('finds the agent of the config', async () => {
    const { grpc, http } = agent.agent.addresses();
    const config = `listen: {grpc: "${grpc}", http: "${http}"}\n`;
    const argv = [
      'import',
      '--model',
      'm',
      '-c',
      'a.yaml',
      '--as',
      'profile',
      capture('trtexec-profile.json'),
    ];
    const { code, stdout } = await runCommand(argv, { readFile: filesOf({ 'a.yaml': config }) });
    expect(stdout).to.match(/kept profile; 3 operators become points of it\n$/);
    expect(code).to.equal(0);
  });

  it('says it when the operators are not taken, though the baseline is kept', async () => {
    const { code, stderr } = await run(TRACE, '--as', 'fp32', '--address', '127.0.0.1:1');
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /^infermeter: kept fp32; the points of its operators were not taken: UNAVAILABLE at 127/,
    );
  });

  it('fails where nobody answers, and at a name that is none', async () => {
    const argv = ['import', '--model', 'm', TRACE, '--status-url', 'http://127.0.0.1:1'];
    const nobody = await runCommand([...argv, '--as', 'fp32']);
    expect(nobody.code).to.equal(1);
    expect(nobody.stderr).to.contain('does not answer');
    const unnamed = await runCommand([...argv, '--as', 'a b']);
    expect(unnamed.code).to.equal(2);
    expect(unnamed.stdout).to.equal('');
  });
});
