import { expect } from 'chai';
import { effectiveValues, effectiveYaml } from '../../agent/config/effective-config.ts';
import { configFlags, flagAssignments, flagHelp } from '../../agent/config/flags.ts';
import { loadConfig } from '../../agent/config/load-config.ts';
import { environmentName, options } from '../../agent/config/option-list.ts';
import { parseConfig } from '../../agent/config/parse-config.ts';
import { helpLines, referenceTable } from '../../agent/config/reference-table.ts';
import { sampleConfig } from '../../agent/config/sample.ts';

const NOTHING = { environment: {}, flags: [], influxVariables: false } as const;

function parse(text: string, environment = {}, influxVariables = false) {
  const flags = flagAssignments({ interval: '2s' }, ['limits.series=7']);
  const result = parseConfig({ file: { name: 'a.yaml', text }, environment, flags, influxVariables });
  if (!result.ok) throw new Error('bug: the config of the test is wrong');
  return result;
}

describe('config documents', () => {
  it('the sample names every key once, with its default or commented out', () => {
    const text = sampleConfig();
    const shown = options.filter(({ path }) => path[0] !== 'listen' || path[1] === 'grpc');
    for (const { path } of shown) {
      const key = path.at(-1);
      expect(text, path.join('.')).to.match(new RegExp(`^ *(# )?${key}:`, 'm'));
    }
    expect(text.split('\n').filter((line) => line.length > 110)).to.deep.equal([]);
  });

  it('the sample stays valid with every commented key uncommented', () => {
    const text = sampleConfig()
      .replaceAll(/^( *)# (\w+: \S+)$/gm, '$1$2')
      .replace(/^ *(name|token_file|password_file): (python3|\/run.*)$/gm, '');
    const result = parseConfig({ ...NOTHING, file: { name: 'a', text } });
    expect(result).to.have.property('ok', true);
  });

  it('the table has a row for every key, those of like listeners once', () => {
    const rows = referenceTable().split('\n').slice(2, -1);
    const hidden = options.filter(({ path }) =>
      /^listen\.(otlp_http|http|health)\..+\b(?<!address)$/.test(path.join('.')),
    );
    expect(rows).to.have.length(options.length - hidden.length);
    expect(rows[0]).to.equal(
      '| `interval` | `10s` | a duration from 1s to 10m | Length of a slice, and how often points are written. Slices are aligned to the epoch, so that replicas agree. |',
    );
    expect(referenceTable()).to.contain('| `listen.http` | `127.0.0.1:9865` | an address |');
  });

  it('help has a line for every key', () => {
    expect(helpLines()).to.include('interval                             10s');
  });

  it('every flag has the sentence of its key', () => {
    for (const flag of configFlags) expect(flagHelp(flag), flag.flag).to.match(/\.$/);
  });

  it('variables are made of the path', () => {
    expect(environmentName(['listen', 'grpc'])).to.equal('INFERMETER_LISTEN__GRPC');
  });
});

describe('the effective config', () => {
  const text = 'lateness: 1m\ntags: {zone: a}\nexporters:\n  influxdb: {bucket: b, token: s3cret}\n';
  const { config, source } = parse(text, { INFLUX_URL: 'http://a:1', INFERMETER_LOG__LEVEL: 'warn' }, true);
  const yaml = effectiveYaml(effectiveValues(config, source));

  for (const line of [
    'interval: 2s  # --interval',
    'windows: [2s, 10s, 1m, 5m]  # default',
    'lateness: 1m  # a.yaml:1',
    'tags: {zone: a}  # a.yaml:2',
    '  level: warn  # INFERMETER_LOG__LEVEL',
    '  series: 7  # --set',
    '    enabled: false  # default',
    '    url: http://a:1  # INFLUX_URL',
    '    token: "***"  # a.yaml:4',
  ]) {
    it(`has the line ${line.trim()}`, () => expect(yaml.split('\n')).to.include(line));
  }

  it('reads back as the same config, but for its secrets', () => {
    const again = parseConfig({ ...NOTHING, file: { name: 'b.yaml', text: yaml } });
    const secret = { ...config.exporters.influxdb, token: '***' };
    const expected = { ...config, exporters: { ...config.exporters, influxdb: secret } };
    expect(again.ok && again.config).to.deep.equal(expected);
  });
});

describe('loadConfig', () => {
  const failing = (code: string) => async () => {
    throw Object.assign(new Error(`${code}: no`), { code });
  };
  const cases: readonly [string, string, string][] = [
    ['a file that is not there', 'ENOENT', 'no such file'],
    ['a file that may not be read', 'EACCES', 'cannot be read: EACCES: no'],
  ];
  for (const [title, code, message] of cases) {
    it(`says ${title}, together with what else is wrong`, async () => {
      const environment = { INFERMETER_FOO: '1' };
      const result = await loadConfig({ ...NOTHING, environment, path: 'x.yaml', readFile: failing(code) });
      expect(result.ok ? [] : result.problems).to.deep.equal([
        { key: '', origin: 'x.yaml', message },
        { key: 'INFERMETER_FOO', origin: 'INFERMETER_FOO', message: 'unknown key' },
      ]);
    });
  }

  it('reads the file that it is given, and none without a path', async () => {
    const readFile = async (path: string) => `data_dir: /of/${path}`;
    const result = await loadConfig({ ...NOTHING, path: 'x.yaml', readFile });
    expect(result.ok && result.config.dataDir).to.equal('/of/x.yaml');
    const without = await loadConfig({ ...NOTHING, readFile });
    expect(without.ok && without.config.dataDir).to.equal('./infermeter-data');
  });
});
