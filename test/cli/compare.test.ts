import { expect } from 'chai';
import { encodeDocument } from '../../agent/baseline/baseline-document.ts';
import type { Recording } from '../../agent/baseline/recording.ts';
import { steadyRecording } from '../baseline/steady-recording.ts';
import { filesOf, type Outcome, runCommand } from './fake-context.ts';

const FILES = Object.fromEntries(
  [
    ['fp16.json', steadyRecording('fp16', 10)],
    ['int8.json', steadyRecording('int8', 7)],
    ['same.json', steadyRecording('fp16', 10.0001)],
    ['slow.json', steadyRecording('int4', 13)],
    ['failing.json', steadyRecording('fp8', 7, { errors: 10 })],
    ['short.json', steadyRecording('int8', 7, { seconds: 20 })],
  ].map(([name, recording]) => [name, encodeDocument({ recording: recording as Recording })]),
);

function compare(
  candidate: string,
  ...more: readonly string[]
): Promise<Outcome & { written: Record<string, string> }> {
  const written: Record<string, string> = {};
  const writeFile = async (path: string, text: string): Promise<void> => {
    written[path] = text;
  };
  const argv = ['compare', '--baseline', 'fp16.json', '--candidate', candidate, ...more];
  const readFile = filesOf({ ...FILES, 'other.json': '{"format":"kineto"}' });
  return runCommand(argv, { readFile, writeFile }).then((outcome) => ({ ...outcome, written }));
}

describe('compare with files', () => {
  const cases: readonly (readonly [string, readonly string[], number])[] = [
    ['int8.json', [], 0],
    ['same.json', [], 0],
    ['slow.json', [], 0],
    ['int8.json', ['--fail-on', 'p95>1.05'], 0],
    ['same.json', ['--fail-on', 'p95>1.05'], 0],
    ['slow.json', ['--fail-on', 'p95>1.05'], 1],
    ['same.json', ['--require', 'p95<1'], 1],
    ['int8.json', ['--require', 'p95<0.8', '--fail-on', 'p50>1'], 0],
    ['slow.json', ['--fail-on', 'energy>1', '--fail-on', 'p95>1.05'], 1],
    ['int8.json', ['--fail-on', 'energy>1'], 3],
    ['failing.json', ['--fail-on', 'p95>1.05'], 1],
    ['short.json', [], 3],
    ['short.json', ['--fail-on', 'p95>1.05'], 3],
    ['short.json', ['--require', 'p95<1.05'], 3],
    ['missing.json', [], 2],
    ['other.json', [], 2],
    ['int8.json', ['--fail-on', 'p95'], 2],
    ['int8.json', ['--last', '5m'], 2],
    ['model=', [], 2],
    ['a b', [], 2],
  ];
  for (const [candidate, flags, expected] of cases) {
    it(`ends with ${expected} for ${candidate} ${flags.join(' ')}`, async () => {
      const { code, stderr, stdout } = await compare(candidate, ...flags);
      expect(code).to.equal(expected);
      if (expected === 2)
        expect([stdout, stderr]).to.satisfy(([out, err]: string[]) => out === '' && err !== '');
    });
  }

  it('says what is wrong with each thing it cannot use', async () => {
    const said = async (candidate: string, ...flags: string[]) => (await compare(candidate, ...flags)).stderr;
    expect(await said('missing.json')).to.equal(
      'infermeter: missing.json cannot be read: ENOENT: missing.json\n',
    );
    expect(await said('other.json')).to.match(/^infermeter: other.json: this is no baseline/);
    expect(await said('int8.json', '--fail-on', 'p42>1')).to.match(
      /^infermeter: --fail-on "p42>1" is not FIGURE>RATIO/,
    );
    expect(await said('variant=int8')).to.match(/--candidate "variant=int8" names no model/);
    expect(await said('a b')).to.match(/--candidate "a b" is neither a file, nor a series/);
  });

  it('prints JSON with the gates', async () => {
    const { stdout } = await compare('int8.json', '--json', '--fail-on', 'p95>1.05');
    const { verdict, metrics, gates } = JSON.parse(stdout);
    expect(verdict).to.equal('faster');
    expect(gates[0]).to.include({ gate: 'p95>1.05', state: 'passed' });
    expect(metrics.find((row: { metric: string }) => row.metric === 'latency_p95').ratio).to.be.closeTo(
      0.7,
      0.02,
    );
  });

  it('draws both distributions, with what names may hold escaped', async () => {
    const { code, written } = await compare('int8.json', '--plot', 'plot.svg');
    expect(code).to.equal(0);
    const svg = written['plot.svg'] ?? '';
    expect(svg).to.match(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg.match(/class="curve"/g)).to.have.length(4);
    expect(svg).to.contain('resnet50/int8').and.to.contain('prefers-color-scheme: dark');
    expect(svg.match(/p95 \d/g)).to.have.length(2);
    const evil = steadyRecording('</title><script>', 7);
    const readFile = filesOf({ ...FILES, 'evil.json': encodeDocument({ recording: evil }) });
    const drawn: string[] = [];
    const writeFile = async (_path: string, text: string): Promise<void> => void drawn.push(text);
    await runCommand(['compare', '--baseline', 'fp16.json', '--candidate', 'evil.json', '--plot', 'p.svg'], {
      readFile,
      writeFile,
    });
    expect(drawn[0]).to.contain('&lt;script&gt;').and.not.to.contain('<script');
  });
});
