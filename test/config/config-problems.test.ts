import { expect } from 'chai';
import { maskConfig } from '../../agent/config/mask-config.ts';
import { configOf, type Given, problemsOf } from './config-of.ts';

const UNITS = 'a number with ms, s, m, h or d';
const ADDRESS = 'must be host:port, [v6]:port or :port, with a port up to 65535';
const GPU = 'GPU-00000000-0000-4000-8000-000000000001';
const TAG = 'a tag is a letter and up to 63 further letters, digits, dots, dashes or underscores';

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
      'tags.model (agent.yaml:1) is "a": `model` is a tag of inference_comparison; take another name',
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
    ['slo: [{model: m}]', 'slo[0] (agent.yaml:1): needs latency, ttft or both'],
    ['slo: [{model: m, latency: 1s, tpot: 1s}]', 'slo[0].tpot (agent.yaml:1): unknown key'],
    [
      'slo: [{model: m, latency: 1s}, {model: m, latency: 2s}]',
      'slo[1] (agent.yaml:1): slo[0] is for the same model and variant',
    ],
    ['scrape: [{url: "http://a"}]', 'scrape[0].kind (agent.yaml:1): is missing'],
    [
      'scrape: [{url: "http://a", kind: tgi}, {url: "http://a/metrics", kind: tgi, model: m}]',
      'scrape[1] (agent.yaml:1): scrape[0] reads the same url and model',
    ],
    ['match: [{variant: v}]', 'match[0] (agent.yaml:1): needs service or model'],
    [
      'match: [{service: a}]',
      'match[0] (agent.yaml:1): needs set_model, variant, expect_tensor or sample_rate',
    ],
    [
      'match: [{service: a, variant: v}, {service: a, variant: w}]',
      'match[1] (agent.yaml:1): match[0] is for the same service and model',
    ],
    [
      'match: [{service: a, sample_rate: 0}]',
      'match[0].sample_rate (agent.yaml:1) is "0": must be a number from 0.000001 to 1',
    ],
    [
      'match: [{service: a, sample_rate: 5%}]',
      'match[0].sample_rate (agent.yaml:1) is "5%": must be a number from 0.000001 to 1',
    ],
    [
      'match: [{service: a, expect_tensor: fp8}]',
      'match[0].expect_tensor (agent.yaml:1) is "fp8": must be one of imma, hmma',
    ],
    ['watch: {pid: 1, name: a}', 'watch (agent.yaml:1): give pid or name, not both'],
    ['watch: {pid: 0}', 'watch.pid (agent.yaml:1) is "0": must be a whole number from 1 to 4194304'],
    [
      'gpu: {source: cuda}',
      'gpu.source (agent.yaml:1) is "cuda": must be one of auto, nvml, nvidia-smi, none, simulated',
    ],
    [
      'gpu: {interval: 100ms}',
      `gpu.interval (agent.yaml:1) is "100ms": must be a duration from 200ms to 1m: ${UNITS}`,
    ],
    [
      'gpu: {devices: 0}',
      'gpu.devices (agent.yaml:1) is "0": must be a list, such as [a, b], not a single value',
    ],
    [
      'gpu: {devices: [0]}',
      'gpu.devices[0] (agent.yaml:1) is "0": must be the UUID of a GPU as `nvidia-smi -L` prints it, such as GPU-1b2c…',
    ],
    [
      `gpu: {devices: [${GPU}, ${GPU}]}`,
      `gpu.devices[1] (agent.yaml:1) is "${GPU}": gpu.devices[0] is the same`,
    ],
    [
      'gpu: {processes: false, process_id: true}',
      'gpu.process_id (agent.yaml:1) is "true": needs gpu.processes: true',
    ],
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
    ['gpus: {source: auto}', 'gpus (agent.yaml:1): unknown key; did you mean gpu?'],
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

function manyTags(): string {
  return `tags: {${Array.from({ length: 17 }, (_, i) => `t${i}: a`).join(', ')}}`;
}
