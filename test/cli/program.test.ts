import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createProgram } from '../../agent/cli/program.ts';
import { ROOT } from '../source-files.ts';
import { createFakeContext, type Outcome, runCommand } from './fake-context.ts';

const COMMANDS = createProgram(createFakeContext()).commands.map((command) => command.name());

describe('the command line', () => {
  for (const name of ['infermeter', ...COMMANDS]) {
    it(`helps with ${name} as recorded in test/golden/cli/${name}.txt`, async () => {
      const argv = name === 'infermeter' ? ['--help'] : [name, '--help'];
      const { code, stdout } = await runCommand(argv);
      expect(code).to.equal(0);
      expect(stdout).to.equal(readFileSync(join(ROOT, `test/golden/cli/${name}.txt`), 'utf8'));
    });
  }

  const usage: readonly [string, readonly string[], number, Partial<Outcome>][] = [
    ['prints its version', ['--version'], 0, { stdout: '1.2.3\n' }],
    [
      'refuses an unknown command',
      ['runn'],
      2,
      { stderr: "error: unknown command 'runn'\n(Did you mean run?)\n" },
    ],
    ['refuses an unknown flag', ['run', '--fast'], 2, { stderr: "error: unknown option '--fast'\n" }],
    ['refuses an argument too many', ['run', 'x'], 2, {}],
    ['refuses a flag without its value', ['run', '--config'], 2, {}],
    ['shows its help where nothing is asked', [], 2, {}],
  ];
  for (const [title, argv, code, expected] of usage) {
    it(`${title} with exit code ${code}`, async () => {
      const outcome = await runCommand(argv);
      expect(outcome).to.include({ code, ...expected });
      expect(outcome.runs).to.deep.equal([]);
    });
  }
});

describe('run', () => {
  const readFile = async () => 'interval: 5s\nlateness: 7s\n';

  it('hands file, environment and flags to the agent, and its exit code back', async () => {
    const configs: unknown[] = [];
    const outcome = await runCommand(
      ['run', '-c', 'a.yaml', '--grpc', '127.0.0.1:1', '--set', 'limits.series=9'],
      {
        readFile,
        environment: { INFERMETER_INTERVAL: '4s', INFLUX_URL: 'http://i:1', INFLUX_BUCKET: 'b' },
        runAgent: async (config, options) => {
          configs.push(config, options);
          return 7;
        },
      },
    );
    expect(outcome.code).to.equal(7);
    const [config, options] = configs as [Outcome['runs'][0]['config'], object];
    expect(config).to.include({ intervalMs: 4000, latenessMs: 7000 });
    expect(config.listen.grpc.address).to.equal('127.0.0.1:1');
    expect(config.limits.series).to.equal(9);
    expect(config.exporters.influxdb?.url).to.equal('http://i:1');
    expect(options).to.deep.equal({ demo: false });
  });

  it('does not start with a config that is wrong, and says all of it', async () => {
    const outcome = await runCommand(['run', '--config', 'a.yaml', '--interval', 'soon'], {
      readFile: async () => 'lateness: 2h\nnope: 1\n',
    });
    expect(outcome).to.include({ code: 2, stdout: '' });
    expect(outcome.runs).to.deep.equal([]);
    expect(outcome.stderr).to.equal(
      [
        'infermeter: the configuration cannot be used:',
        '  interval (--interval) is "soon": must be a duration from 1s to 10m: a number with ms, s, m, h or d',
        '  lateness (a.yaml:1) is "2h": must be a duration from 0s to 1h: a number with ms, s, m, h or d',
        '  nope (a.yaml:2): unknown key',
        '',
      ].join('\n'),
    );
  });

  it('says that its file is not there', async () => {
    const outcome = await runCommand(['run', '--config', 'b.yaml']);
    expect(outcome).to.include({ code: 2 });
    expect(outcome.stderr).to.contain('b.yaml: no such file');
  });
});

describe('demo', () => {
  it('runs at two seconds in a directory that goes, away from any real store', async () => {
    const environment = { INFLUX_URL: 'http://i:1', INFLUX_BUCKET: 'b' };
    const { code, runs } = await runCommand(['demo', '--http', '127.0.0.1:0'], { environment });
    expect(code).to.equal(0);
    expect(runs).to.have.length(1);
    const { config, demo } = runs[0];
    expect(demo).to.equal(true);
    expect(config.intervalMs).to.equal(2000);
    expect(config.windowsMs[0]).to.equal(2000);
    expect(config.exporters).to.have.all.keys('local', 'prometheus');
    expect(config.listen.http?.address).to.equal('127.0.0.1:0');
    expect(config.dataDir).to.match(/infermeter-demo-/);
    expect(() => readFileSync(config.dataDir)).to.throw('ENOENT');
  });

  it('takes no file', async () => {
    expect(await runCommand(['demo', '--config', 'a'])).to.include({ code: 2 });
  });
});

describe('config', () => {
  const environment = { INFLUX_TOKEN: 's3cret' };

  it('prints what is in force with its sources', async () => {
    const { code, stdout } = await runCommand(['config', '--interval', '2s'], { environment });
    expect(code).to.equal(0);
    expect(stdout).to.match(/^interval: 2s {2}# --interval\n/);
    expect(stdout).to.contain('    token: "***"  # INFLUX_TOKEN\n').and.not.to.contain('s3cret');
  });

  it('prints it for programs', async () => {
    const { stdout } = await runCommand(['config', '--json'], { environment });
    const rows: { path: string }[] = JSON.parse(stdout);
    expect(rows[0]).to.deep.equal({ path: 'interval', value: '10s', origin: 'default' });
    const token = rows.find(({ path }) => path === 'exporters.influxdb.token');
    expect(token).to.deep.equal({ path: 'exporters.influxdb.token', value: '***', origin: 'INFLUX_TOKEN' });
  });

  it('prints what is wrong for programs', async () => {
    const { code, stdout } = await runCommand(['config', '--json', '--interval', 'x']);
    expect(code).to.equal(2);
    const { ok, problems } = JSON.parse(stdout);
    expect(ok).to.equal(false);
    expect(problems[0]).to.include({ key: 'interval', origin: '--interval', value: '"x"' });
  });

  it('prints a sample that run takes as it is', async () => {
    const { stdout } = await runCommand(['config', '--sample']);
    const { code, runs } = await runCommand(['run', '-c', 'x'], { readFile: async () => stdout });
    expect(code).to.equal(0);
    expect(runs[0].config).to.deep.equal((await runCommand(['run'])).runs[0].config);
  });

  it('prints the reference table, whatever the environment holds', async () => {
    const wrong = { INFERMETER_NOPE: '1' };
    const { code, stdout } = await runCommand(['config', '--markdown'], { environment: wrong });
    expect(code).to.equal(0);
    expect(stdout).to.match(/^\| key \| default \|/);
  });
});
