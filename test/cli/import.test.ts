import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeDocument } from '../../agent/baseline/baseline-document.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { TraceFiles } from '../import/trace-files.ts';
import { ROOT } from '../source-files.ts';
import { runCommand } from './fake-context.ts';

const capture = (name: string): string => join(ROOT, 'test/captures/traces', name);

describe('import command', () => {
  let files: TraceFiles;
  beforeEach(() => {
    files = new TraceFiles();
  });
  afterEach(() => files.remove());

  const run = (...argv: string[]) =>
    runCommand(['import', '--model', 'resnet50', '--variant', 'int8', ...argv]);

  it('prints figures and top operators', async () => {
    const paths = [capture('trtexec-times.json'), capture('trtexec-profile.json')];
    const { code, stdout, stderr } = await run(...paths, '--top', '2');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout.replaceAll(`${ROOT}test/captures/traces/`, '')).to.equal(
      [
        'trtexec-times.json: times of trtexec (--exportTimes), 3 elements',
        'trtexec-profile.json: a profile of trtexec (--exportProfile), 4 elements',
        '',
        '3 requests in 0.051 s, 51 slices of 1 ms',
        '              mean      p50      p95  p99',
        'latency    1.11 ms  1.07 ms  1.28 ms',
        'd2h          25 µs    25 µs    25 µs',
        'enqueue    60.7 µs  60.2 µs  72.2 µs',
        'h2d          50 µs    50 µs    50 µs',
        'inference  1.03 ms     1 ms   1.2 ms',
        '',
        '3 operators in 200 runs of the model',
        'operator            device  calls  self a run   share',
        'conv1 + relu1         cuda    200      750 µs  75.0 %',
        '__myl_FcAdd_myl0_1    cuda    200      238 µs  23.8 %',
        '1 others              cuda    200     12.5 µs   1.3 %',
        '',
      ].join('\n'),
    );
  });

  it('prints JSON that a program can read', async () => {
    const { stdout } = await run(capture('torch-cpu.json.gz'), '--json', '--top', '1');
    const found = JSON.parse(stdout);
    expect(found.files[0]).to.include({ kind: 'kineto', elements: 551 });
    expect(found).to.include({ requests: 4, sliceMs: 1 });
    expect(found.profile).to.include({ profiler: 'torch', iterations: 4 });
    expect(found.profile.devices[0].top).to.have.length(1);
    expect(found.latency.meanSeconds).to.be.within(1e-4, 1e-2);
  });

  it('writes a baseline that can be read again', async () => {
    const output = join(files.folder, 'int8.json');
    const { code, stdout } = await run(capture('torch-cpu.json.gz'), '--output', output);
    expect(code).to.equal(0);
    expect(stdout).to.contain(`written to ${output}\n`);
    const decoded = decodeDocument(readFileSync(output, 'utf8'));
    const recording = decoded.ok ? decoded.document.recording : undefined;
    expect(recording?.series).to.include({ model: 'resnet50', variant: 'int8' });
    expect(recording?.profile?.operators).to.have.length(57);
  });

  it('writes baselines whose layers can be compared, also where one engine fuses them', async () => {
    const [fp32, int8] = ['fp32', 'int8'].map((variant) => join(files.folder, `${variant}.json`));
    await run(capture('trtexec-profile-7.json'), '--output', fp32);
    await run(capture('trtexec-profile.json'), '--output', int8);
    const readFile = async (path: string) => readFileSync(path, 'utf8');
    const argv = ['compare', '--baseline', fp32, '--candidate', int8];
    const { code, stdout } = await runCommand(argv, { readFile });
    expect(code).to.equal(3);
    expect(stdout).to.match(/^all operators +cuda +1 ms +1 ms +1\.00 +100\.0 % +100\.0 % +2 → 3$/m);
    expect(stdout).to.match(/^conv1 \+ relu1 +cuda +1 ms +750 µs +0\.75 +100\.0 % +75\.0 % +2 → 1$/m);
    expect(stdout).to.match(/^__myl_FcAdd_myl0_1 +cuda +– +238 µs +23\.8 %$/m);
    const { operators } = JSON.parse((await runCommand([...argv, '--json'], { readFile })).stdout);
    expect(operators).to.deep.include({ perRun: true });
    expect(operators.operators[0]).to.deep.include({ name: 'conv1 + relu1', ratio: 0.75 });
  });

  it('gives two runs of trtexec a verdict, though the faster one ran more often', async () => {
    const documents: string[] = [];
    for (const [variant, computeMs] of [
      ['fp16', 4],
      ['int8', 3],
    ] as const) {
      const times = files.write(`${variant}.times.json`, backToBack(computeMs, 50_000));
      documents.push(join(files.folder, `${variant}.json`));
      await run(times, '--output', documents[documents.length - 1]);
    }
    const readFile = async (path: string) => readFileSync(path, 'utf8');
    const [baseline, candidate] = documents;
    const { code, stdout } = await runCommand(['compare', '--baseline', baseline, '--candidate', candidate], {
      readFile,
    });
    expect(stdout).to.match(/^inference p50 +4.* ms +3.* ms +0\.7.* faster$/m);
    expect(stdout).to.match(/^faster: /m);
    expect(code).to.equal(0);
  });

  const failures: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    [
      'a file that is no trace',
      () => [files.write('a.json', 'x')],
      /^infermeter: .*a\.json: byte 0: expected JSON/,
    ],
    [
      'the second of two files',
      () => [capture('trtexec-times.json'), files.write('b.json', '[')],
      /b\.json: byte 1: expected more/,
    ],
    [
      'an output that cannot be written',
      () => [capture('trtexec-times.json'), '--output', join(files.folder, 'none/x.json')],
      /x\.json: cannot be written: ENOENT/,
    ],
  ];
  for (const [title, argv, message] of failures) {
    it(`fails with one line at ${title}, and leaves nothing behind`, async () => {
      const output = join(files.folder, 'out.json');
      const given = argv();
      const { code, stdout, stderr } = await run(
        ...given,
        ...(given.includes('--output') ? [] : ['--output', output]),
      );
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(message);
      expect(stderr.split('\n')).to.have.length(2);
      expect(existsSync(output)).to.equal(false);
      expect(readdirSync(files.folder).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
    });
  }

  for (const [title, argv] of [
    ['no model', ['import', 'x.json']],
    ['no file', ['import', '--model', 'm']],
    ['an unknown kind', ['import', '--model', 'm', '--kind', 'tf', 'x.json']],
    ['an impossible count', ['import', '--model', 'm', '--top', '0', 'x.json']],
  ] as const) {
    it(`refuses ${title} as wrong usage`, async () => expect((await runCommand(argv)).code).to.equal(2));
  }

  it('ends at once when it is interrupted, and leaves nothing behind', async () => {
    const interrupt = new AbortController();
    const path = files.write('trace.json', JSON.stringify(manyRequests(20_000)));
    const clock = new ManualClock();
    const output = join(files.folder, 'out.json');
    const outcome = await runCommand(['import', '--model', 'm', path, '--output', output], {
      signal: interrupt.signal,
      clock: steadily(clock, () => interrupt.abort()),
    });
    expect(outcome).to.include({ code: 1, stdout: '' });
    expect(outcome.stderr).to.match(/^trace.json .*\ninfermeter: interrupted: nothing was imported\n$/);
    expect(existsSync(output)).to.equal(false);
  });

  it('shows a bar on a terminal, takes it away again, and says nothing of it with --json', async () => {
    const path = files.write('trace.json', JSON.stringify(manyRequests(20_000)));
    const show = async (isTerminal: boolean, ...more: string[]) => {
      const clock = steadily(new ManualClock(), () => {});
      return (await runCommand(['import', '--model', 'm', path, ...more], { isTerminal, clock })).stderr;
    };
    const shown = (await show(true)).replaceAll('\r', '<');
    expect(shown).to.match(/^<trace\.json \[#+\.+\] \d+ %, 0\.3 of 1\.\d MB, .*MB\/s *<trace.*< +<$/);
    expect(await show(false)).to.match(/^(trace\.json \[[#.]+\] \d+ %, .*\n)+$/);
    expect(await show(true, '--json')).to.equal('');
  });
});

/** A clock that goes on by ten seconds with each look. */
function steadily(clock: ManualClock, looked: () => void) {
  let monotonicMs = 0;
  return {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => {
      if (monotonicMs > 0) looked();
      monotonicMs += 10_000;
      return monotonicMs;
    },
    sleep: (delayMs: number, signal: AbortSignal) => clock.sleep(delayMs, signal),
  };
}

/** Inferences one after another for so long, their times scattered by 5 %. */
function backToBack(computeMs: number, lengthMs: number): object[] {
  const times: object[] = [];
  for (let startMs = 0; startMs < lengthMs; startMs += 1.1 * computeMs) {
    const ownMs = computeMs * (1 + 0.05 * Math.sin(times.length * 1.7));
    times.push({ startH2dMs: startMs, startComputeMs: startMs, computeMs: ownMs, latencyMs: ownMs });
  }
  return times;
}

function manyRequests(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({ latencyMs: 1, computeMs: 1, startComputeMs: index }));
}
