import { expect } from 'chai';
import type { Config } from '../../agent/config/config.ts';
import { formatProblem } from '../../agent/config/config-problem.ts';
import { flagAssignments } from '../../agent/config/flags.ts';
import { maskConfig } from '../../agent/config/mask-config.ts';
import { parseConfig } from '../../agent/config/parse-config.ts';
import { sampleConfig } from '../../agent/config/sample.ts';

interface Given {
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly flags?: readonly string[];
  readonly influx?: boolean;
}

function parse({ file, env = {}, flags = [], influx = false }: Given) {
  return parseConfig({
    ...(file !== undefined && { file: { name: 'agent.yaml', text: file } }),
    environment: env,
    flags: flagAssignments({}, flags),
    influxVariables: influx,
  });
}

function configOf(given: Given): Config {
  const result = parse(given);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}

function problemsOf(given: Given): readonly string[] {
  const result = parse(given);
  return result.ok ? [] : result.problems.map(formatProblem);
}

const OPEN = 'listen: {grpc: {address: "0.0.0.0:1", insecure: true}}';
const EVERY_STORE = ['local', 'influxdb', 'prometheus'];
const LOG = { level: 'warn', format: 'pretty' };
const UNITS = 'a number with ms, s, m, h or d';
const ADDRESS = 'must be host:port, [v6]:port or :port, with a port up to 65535';
const TAG = 'a tag is a letter and up to 63 further letters, digits, dots, dashes or underscores';

describe('config: defaults', () => {
  it('needs nothing', () => {
    expect(configOf({})).to.deep.equal({
      intervalMs: 10_000,
      windowsMs: [10_000, 60_000, 300_000],
      latenessMs: 30_000,
      ringSlices: 35,
      tags: {},
      dataDir: './infermeter-data',
      listen: { grpc: { address: '127.0.0.1:4317' }, http: { address: '127.0.0.1:9865' } },
      slo: [],
      labels: [],
      log: { level: 'info', format: 'json' },
      limits: {
        series: 2000,
        messageBytes: 4 * 2 ** 20,
        labelBytes: 256,
        streams: 1000,
        outboxBytes: 256 * 2 ** 20,
      },
      exporters: { local: { retentionMs: 86_400_000, maxBytes: 512 * 2 ** 20 }, prometheus: {} },
    } satisfies Config);
  });

  for (const [title, file] of [
    ['the sample', sampleConfig()],
    ['an empty file', ''],
    ['a file of comments', '# nothing\n'],
    ['empty sections', 'listen:\n  grpc:\n    tls:\nwatch:\nlog: {}\nslo:\nlabels: null\ntags: ~\n'],
  ]) {
    it(`are what ${title} says`, () => expect(configOf({ file })).to.deep.equal(configOf({})));
  }
});

describe('config: values', () => {
  const cases: readonly [string, Given, (config: Config) => unknown, unknown][] = [
    ['adds the interval to the windows', { file: 'windows: [5m, 60s]' }, windows, [10_000, 60_000, 300_000]],
    ['keeps a window once', { file: 'windows: [60s, 1m, 10s]' }, windows, [10_000, 60_000]],
    ['leaves default windows that do not fit out', { file: 'interval: 15s' }, windows, [15e3, 6e4, 3e5]],
    ['adds a short interval to the default windows', { file: 'interval: 2s' }, windows, [2e3, 1e4, 6e4, 3e5]],
    ['rounds the ring up', { file: 'lateness: 31s' }, (c) => c.ringSlices, 36],
    ['keeps a number that is text as written', { file: 'tags: {rack: 007}' }, (c) => c.tags, { rack: '007' }],
    ['takes a listener as an address', { file: 'listen: {grpc: "[::1]:1"}' }, grpc, { address: '[::1]:1' }],
    [
      'takes a listener as a map',
      {
        file: 'listen: {grpc: {address: ":1", tls: {cert_file: c, key_file: k, client_ca_file: a}, token_file: t}}',
      },
      grpc,
      { address: ':1', tls: { certFile: 'c', keyFile: 'k', clientCaFile: 'a' }, tokenFile: 't' },
    ],
    ['opens a listener that says insecure', { file: OPEN }, grpc, { address: '0.0.0.0:1' }],
    ['turns HTTP off', { file: 'listen: {http: ""}' }, (c) => c.listen.http, undefined],
    ['takes a socket', { file: 'listen: {socket: /run/s}' }, (c) => c.listen.socket, '/run/s'],
    ['watches a pid', { file: 'watch: {pid: 42}' }, (c) => c.watch, { pid: 42 }],
    ['watches a name', { file: 'watch: {name: vllm}' }, (c) => c.watch, { name: 'vllm' }],
    [
      'takes objectives with and without a variant',
      { file: 'slo: [{model: m, latency: 200ms}, {model: m, variant: int8, latency: 0.1s}]' },
      (c) => c.slo,
      [
        { model: 'm', latencyMs: 200 },
        { model: 'm', variant: 'int8', latencyMs: 100 },
      ],
    ],
    ['takes an instance', { file: 'instance: a1' }, (c) => c.instance, 'a1'],
    ['knows no instance where it is auto', { file: 'instance: auto' }, (c) => c.instance, undefined],
    ['has local history alone', {}, stores, ['local', 'prometheus']],
    ['has no local history beside InfluxDB', { file: influxdb('') }, stores, ['influxdb', 'prometheus']],
    ['has local history beside it on demand', { file: influxdb('local: {}') }, stores, EVERY_STORE],
    ['also as an empty key', { file: influxdb('local:') }, stores, EVERY_STORE],
    ['also by a setting inside', { file: influxdb('local: {retention: 1h}') }, stores, EVERY_STORE],
    ['goes without local history', { file: 'exporters: {local: false}' }, stores, ['prometheus']],
    ['goes without Prometheus', { file: 'exporters: {prometheus: false}' }, stores, ['local']],
    ['is off without a url', { file: 'exporters: {influxdb: {bucket: b}}' }, stores, ['local', 'prometheus']],
    ['also with an empty one', { file: 'exporters: {influxdb: {url: ""}}' }, stores, ['local', 'prometheus']],
    [
      'takes all of InfluxDB',
      {
        file: `exporters:
  influxdb:
    url: https://influx:8086/
    version: 1
    database: d
    retention_policy: r
    username: u
    password: 0123
`,
      },
      (c) => c.exporters.influxdb,
      {
        url: 'https://influx:8086',
        version: '1',
        database: 'd',
        retentionPolicy: 'r',
        username: 'u',
        password: '0123',
      },
    ],
  ];
  for (const [title, given, pick, expected] of cases) {
    it(title, () => expect(pick(configOf(given))).to.deep.equal(expected));
  }
});

describe('config: precedence', () => {
  const file = 'interval: 1s\nlog: {level: warn}\nlisten: {grpc: 127.0.0.1:1}\ntags: {a: file, b: file}';
  const cases: readonly [string, Given, (config: Config) => unknown, unknown][] = [
    ['environment beats file', { file, env: { INFERMETER_INTERVAL: '2s' } }, (c) => c.intervalMs, 2000],
    [
      'flags beat environment',
      { file, env: { INFERMETER_INTERVAL: '2s' }, flags: ['interval=3s'] },
      (c) => c.intervalMs,
      3000,
    ],
    ['an empty variable is none', { file, env: { INFERMETER_INTERVAL: '' } }, (c) => c.intervalMs, 1000],
    ['neighbours stay', { file, env: { INFERMETER_LOG__FORMAT: 'pretty' } }, (c) => c.log, LOG],
    [
      'one tag of several',
      { file, env: { INFERMETER_TAGS__B: 'env' } },
      (c) => c.tags,
      { a: 'file', b: 'env' },
    ],
    ['a map as YAML', { file, env: { INFERMETER_TAGS: '{b: env}' } }, (c) => c.tags, { a: 'file', b: 'env' }],
    ['a list as YAML', { env: { INFERMETER_WINDOWS: '[1m, 10s]' } }, windows, [10_000, 60_000]],
    [
      'a list of maps as YAML',
      { flags: ['slo=[{model: m, latency: 1s}]'] },
      (c) => c.slo,
      [{ model: 'm', latencyMs: 1000 }],
    ],
    [
      'an address and what it needs come from two sources',
      { file, env: { INFERMETER_LISTEN__GRPC__TOKEN_FILE: 't' } },
      grpc,
      { address: '127.0.0.1:1', tokenFile: 't' },
    ],
    [
      'an address and what it needs come from two variables',
      { env: { INFERMETER_LISTEN__GRPC: '[::]:1', INFERMETER_LISTEN__GRPC__INSECURE: 'true' } },
      grpc,
      { address: '[::]:1' },
    ],
    [
      'text with YAML in it stays text',
      { env: { INFERMETER_DATA_DIR: '{a}: #b' } },
      (c) => c.dataDir,
      '{a}: #b',
    ],
    ['a flag switches a store off', { file, flags: ['exporters.local=false'] }, stores, ['prometheus']],
    [
      'a variable inside a store does not switch it on',
      { file: 'exporters: {local: false}', env: { INFERMETER_EXPORTERS__LOCAL__RETENTION: '1h' } },
      stores,
      ['prometheus'],
    ],
    [
      'a flag takes a url away',
      { file: influxdb(''), flags: ['exporters.influxdb.url='] },
      stores,
      ['local', 'prometheus'],
    ],
  ];
  for (const [title, given, pick, expected] of cases) {
    it(title, () => expect(pick(configOf(given))).to.deep.equal(expected));
  }
});

describe('config: environment', () => {
  const influx = { INFLUX_HOST: 'http://host:1', INFLUX_TOKEN: 't', INFLUX_ORG: 'o', INFLUX_BUCKET: 'b' };
  const inOrder = (given: Given) => configOf({ influx: true, ...given }).exporters.influxdb;

  it('takes the variables of the influx CLI', () => {
    const expected = { url: 'http://host:1', version: 'auto', token: 't', org: 'o', bucket: 'b' };
    expect(inOrder({ env: influx })).to.deep.equal(expected);
  });
  it('prefers INFLUX_URL to INFLUX_HOST', () => {
    expect(inOrder({ env: { ...influx, INFLUX_URL: 'http://url:1' } })?.url).to.equal('http://url:1');
  });
  it('prefers its own variables to those', () => {
    const env = { ...influx, INFERMETER_EXPORTERS__INFLUXDB__BUCKET: 'mine' };
    expect(inOrder({ env })?.bucket).to.equal('mine');
  });
  it('ignores them where it should', () => {
    expect(inOrder({ env: influx, influx: false })).to.equal(undefined);
  });

  it('ignores what Kubernetes injects for a Service of its name', () => {
    const env = {
      INFERMETER_SERVICE_HOST: '10.0.0.1',
      INFERMETER_SERVICE_PORT: '4317',
      INFERMETER_SERVICE_PORT_GRPC: '4317',
      INFERMETER_PORT: 'tcp://10.0.0.1:4317',
      INFERMETER_PORT_4317_TCP: 'tcp://10.0.0.1:4317',
      INFERMETER_PORT_4317_TCP_ADDR: '10.0.0.1',
      INFERMETER_PORT_4317_TCP_PORT: '4317',
      INFERMETER_PORT_4317_TCP_PROTO: 'tcp',
      INFERMETER_PROD_SERVICE_HOST: '10.0.0.1',
      INFERMETER_PROD_SERVICE_PORT_GRPC: '4317',
      INFERMETER_PROD_PORT_4317_TCP_ADDR: '10.0.0.1',
    };
    expect(problemsOf({ env })).to.deep.equal([]);
  });
});

describe('config: what is wrong', () => {
  const inFile: readonly [string, string][] = [
    ['interval: 500ms', `interval (agent.yaml:1) is "500ms": must be a duration from 1s to 10m: ${UNITS}`],
    ['interval: 10', `interval (agent.yaml:1) is "10": must be a duration from 1s to 10m: ${UNITS}`],
    ['interval: [1s]', 'interval (agent.yaml:1): must be a single value, not a list'],
    ['windows: 10s', 'windows (agent.yaml:1) is "10s": must be a list, such as [a, b], not a single value'],
    ['windows: [10s, 25s]', 'windows[1] (agent.yaml:1) is "25s": must be a multiple of the interval, 10s'],
    ['windows: [5s]', 'windows[0] (agent.yaml:1) is "5s": must be a multiple of the interval, 10s'],
    ['windows: [1s, 2s, 3s, 4s, 5s, 6s, 7s]', 'windows (agent.yaml:1): must have at most 6 entries'],
    [
      'windows: [1h]',
      'windows (agent.yaml:1): longest window and lateness need (1h + 30s) / 10s + 2 = 365 slices, more than 360: take a longer interval or shorter windows',
    ],
    ['tags: a', 'tags (agent.yaml:1) is "a": must be a map of keys, not a single value'],
    [
      'tags: {model: a}',
      'tags.model (agent.yaml:1) is "a": `model` is a tag of inference_phase; take another name',
    ],
    ['tags: {host: a}', 'tags.host (agent.yaml:1) is "a": `host` is a tag of every point; take another name'],
    ['tags: {9a: a}', `tags.9a (agent.yaml:1) is "a": ${TAG}`],
    [
      'tags: {time: a}',
      'tags.time (agent.yaml:1) is "a": `time` is a name with a meaning of its own in a store; take another name',
    ],
    [
      'labels: [cpu_cores]',
      'labels[0] (agent.yaml:1) is "cpu_cores": `cpu_cores` is a field of host; take another name',
    ],
    ['labels: [a, a]', 'labels[1] (agent.yaml:1) is "a": `a` is listed before, or in tags'],
    ['labels: [a]\ntags: {a: b}', 'labels[0] (agent.yaml:1) is "a": `a` is listed before, or in tags'],
    [manyTags(), 'tags (agent.yaml:1): has more than 16 tags'],
    ['listen: {grpc: 4317}', `listen.grpc.address (agent.yaml:1) is "4317": ${ADDRESS}`],
    ['listen: {grpc: ""}', `listen.grpc.address (agent.yaml:1) is "": ${ADDRESS}`],
    ['listen: {http: x}', `listen.http.address (agent.yaml:1) is "x": ${ADDRESS}; or empty: off`],
    [
      'listen:\n  health: ":9866"',
      'listen.health.address (agent.yaml:2) is ":9866": other machines can reach this address: give it tls {cert_file, key_file}, or set listen.health.insecure: true',
    ],
    ['listen: {grpc: {tls: {cert_file: c}}}', 'listen.grpc.tls (agent.yaml:1): cert_file needs key_file'],
    [
      'listen: {grpc: {tls: {client_ca_file: c}}}',
      'listen.grpc.tls (agent.yaml:1): key_file and client_ca_file need cert_file',
    ],
    [
      'listen: {http: 127.0.0.1:4317}',
      'listen.http.address (agent.yaml:1) is "127.0.0.1:4317": listen.grpc has the same address',
    ],
    ['slo: [{model: m}]', 'slo[0].latency (agent.yaml:1): is missing'],
    ['slo: [{model: m, latency: 1s, ttft: 1s}]', 'slo[0].ttft (agent.yaml:1): unknown key'],
    [
      'slo: [{model: m, latency: 1s}, {model: m, latency: 2s}]',
      'slo[1] (agent.yaml:1): slo[0] is for the same model and variant',
    ],
    ['watch: {pid: 1, name: a}', 'watch (agent.yaml:1): give pid or name, not both'],
    ['watch: {pid: 0}', 'watch.pid (agent.yaml:1) is "0": must be a whole number from 1 to 4194304'],
    ['log: {level: loud}', 'log.level (agent.yaml:1) is "loud": must be one of debug, info, warn, error'],
    [
      'limits: {series: 1e3}',
      'limits.series (agent.yaml:1) is "1e3": must be a whole number from 1 to 100000',
    ],
    [
      'limits: {outbox_bytes: 1KiB}',
      'limits.outbox_bytes (agent.yaml:1) is "1KiB": must be a size from 1MiB to 1TiB: bytes, or a number with kB, MB, GB, KiB, MiB, GiB or TiB',
    ],
    ['instance: "a\\nb"', 'instance (agent.yaml:1) is "a\\nb": must be one line of at most 256 characters'],
    [
      'exporters: {influxdb: {url: "ftp://a"}}',
      'exporters.influxdb.url (agent.yaml:1) is "ftp://a": must be an http:// or https:// URL without user name, password and query',
    ],
    [
      'exporters: {influxdb: {url: "http://a:1"}}',
      'exporters.influxdb.url (agent.yaml:1) is "http://a:1": needs bucket (version 2) or database (1, 3) beside it',
    ],
    [
      'exporters: {influxdb: {token: a, token_file: b}}',
      'exporters.influxdb.token (agent.yaml:1) is ***: give token or token_file, not both',
    ],
    [
      'exporters: {local: maybe}',
      'exporters.local.enabled (agent.yaml:1) is "maybe": must be one of auto, true, false',
    ],
    ['intervall: 1s', 'intervall (agent.yaml:1): unknown key; did you mean interval?'],
    ['listen: {grcp: ":1"}', 'listen.grcp (agent.yaml:1): unknown key; did you mean grpc?'],
    ['gpu: {source: auto}', 'gpu (agent.yaml:1): unknown key'],
    ['exporters: {otlp: {}}', 'exporters.otlp (agent.yaml:1): unknown key'],
    ['__proto__: {a: b}', '__proto__ (agent.yaml:1): unknown key'],
    ['interval: 1s\ninterval: 2s', 'agent.yaml:2: not valid YAML: Map keys must be unique'],
    ['- a', 'agent.yaml: must be a map of keys, such as `interval: 10s`'],
    ['just text', 'agent.yaml: must be a map of keys, such as `interval: 10s`'],
    ['tags: &t {a: b}\nlabels: *t', 'agent.yaml:2: YAML aliases are not supported'],
  ];
  for (const [file, problem] of inFile) {
    it(`${JSON.stringify(file).slice(0, 70)} → ${problem.slice(0, 60)}`, () => {
      expect(problemsOf({ file })).to.deep.equal([problem]);
    });
  }

  const elsewhere: readonly [string, Given, string][] = [
    [
      'a variable that is no key',
      { env: { INFERMETER_LATENES: '1s' } },
      'INFERMETER_LATENES: unknown key; did you mean INFERMETER_LATENESS?',
    ],
    [
      'a variable with a bad value',
      { env: { INFERMETER_LISTEN__GRPC: 'x' } },
      `listen.grpc.address (INFERMETER_LISTEN__GRPC) is "x": ${ADDRESS}`,
    ],
    [
      'a variable whose YAML is none',
      { env: { INFERMETER_SLO: '[{' } },
      'INFERMETER_SLO: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    [
      'a flag that is no key',
      { flags: ['log.lvl=info'] },
      'log.lvl (--set): unknown key; did you mean log.level?',
    ],
    ['a flag without a value', { flags: ['interval'] }, 'interval (--set) is "": must be a duration'],
  ];
  for (const [title, given, problem] of elsewhere) {
    it(title, () => expect(problemsOf(given)[0]).to.satisfy((text: string) => text.startsWith(problem)));
  }

  it('says everything at once, also where keys clash', () => {
    const problems = problemsOf({
      file: 'intervall: 1s\nlateness: 2h\nlisten: {grpc: ":1"}\nwatch: {pid: 1, name: a}',
      env: { INFERMETER_FOO: '1', INFERMETER_LIMITS__SERIES: '0' },
      flags: ['log.level=loud'],
    });
    expect(problems.map((problem) => problem.split(/[ :]/)[0])).to.deep.equal([
      'INFERMETER_FOO',
      'lateness',
      'log.level',
      'limits.series',
      'intervall',
      'listen.grpc.address',
      'watch',
    ]);
  });
});

describe('config: secrets', () => {
  const file = 'exporters: {influxdb: {url: "http://a:1", bucket: b, token: s3cret, password: [s3cret]}}';
  it('stay out of messages', () => {
    const texts = [
      file,
      'exporters: {influxdb: {token: *s3cret}}',
      'exporters: {influxdb: {token: "s3cret\\n", password: {s: s3cret}}}',
      'exporters: {influxdb: {url: "http://user:s3cret@a"}}',
      'exporters: {influxdb: {token: "s3cret}}',
      'exporters: {influxdb: {token: a: s3cret}}',
    ];
    for (const text of texts) {
      const problems = problemsOf({ file: text });
      expect(problems, text).not.to.be.empty;
      expect(problems.join('\n'), text).not.to.contain('s3cret');
    }
  });
  it('are masked in a config that is shown', () => {
    const config = configOf({ file: file.replace('[s3cret]', 's3cret') });
    expect(config.exporters.influxdb?.token).to.equal('s3cret');
    expect(JSON.stringify(maskConfig(config))).not.to.contain('s3cret');
    expect(maskConfig(configOf({}))).to.deep.equal(configOf({}));
  });
});

function windows(config: Config): unknown {
  return config.windowsMs;
}

function grpc(config: Config): unknown {
  return config.listen.grpc;
}

function stores(config: Config): unknown {
  return Object.keys(config.exporters);
}

function influxdb(more: string): string {
  return `exporters:\n  influxdb: {url: "http://a:1", database: d}\n  ${more}`;
}

function manyTags(): string {
  return `tags: {${Array.from({ length: 17 }, (_, i) => `t${i}: a`).join(', ')}}`;
}
