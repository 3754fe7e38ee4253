import { expect } from 'chai';
import type { Config } from '../../agent/config/config.ts';
import { sampleConfig } from '../../agent/config/sample.ts';
import { configOf, type Given, problemsOf } from './config-of.ts';

const OPEN = 'listen: {grpc: {address: "0.0.0.0:1", insecure: true}}';
const GPU = 'GPU-00000000-0000-4000-8000-000000000001';
const EVERY_STORE = ['local', 'influxdb', 'prometheus'];
const LOG = { level: 'warn', format: 'pretty' };
describe('config: defaults', () => {
  it('needs nothing', () => {
    expect(configOf({})).to.deep.equal({
      intervalMs: 10_000,
      windowsMs: [10_000, 60_000, 300_000],
      latenessMs: 30_000,
      ringSlices: 35,
      tags: {},
      dataDir: './infermeter-data',
      listen: {
        grpc: { address: '127.0.0.1:4317' },
        otlpHttp: { address: '127.0.0.1:4318' },
        http: { address: '127.0.0.1:9865' },
      },
      slo: [],
      match: [],
      gpu: { source: 'auto', intervalMs: 1000, processes: true, processId: false },
      baseline: { series: 64, keepMs: 900_000, maxBytes: 32 * 2 ** 20 },
      scrape: [],
      labels: [],
      log: { level: 'info', format: 'json' },
      limits: {
        series: 2000,
        messageBytes: 4 * 2 ** 20,
        labelBytes: 256,
        operators: 50,
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
    ['finds its GPUs itself', { file: 'gpu: {devices: auto}' }, gpu, undefined],
    ['takes the GPUs it is given', { file: `gpu: {devices: [${GPU}]}` }, gpu, [GPU]],
    [
      'asks the kubelet',
      { env: { INFERMETER_GPU__POD_RESOURCES: '/run/kubelet.sock' } },
      (c) => c.gpu.podResources,
      '/run/kubelet.sock',
    ],
    ['takes GPUs from the environment', { env: { INFERMETER_GPU__DEVICES: `[${GPU}]` } }, gpu, [GPU]],
    ['reads GPUs at its own interval', { file: 'gpu: {interval: 200ms}' }, (c) => c.gpu.intervalMs, 200],
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
    ['turns OTLP/HTTP off', { file: 'listen: {otlp_http: ""}' }, (c) => c.listen.otlpHttp, undefined],
    ['takes a socket', { file: 'listen: {socket: /run/s}' }, (c) => c.listen.socket, '/run/s'],
    ['watches a pid', { file: 'watch: {pid: 42}' }, (c) => c.watch, { pid: 42 }],
    ['watches a name', { file: 'watch: {name: vllm}' }, (c) => c.watch, { name: 'vllm' }],
    [
      'reads what spans do not say',
      { file: 'match: [{service: a*, model: m, variant: fp8, expect_tensor: imma, sample_rate: 0.05}]' },
      (c) => c.match,
      [{ service: 'a*', model: 'm', variant: 'fp8', expectTensor: 'imma', sampleRate: 0.05 }],
    ],
    [
      'reads another name of a model',
      { file: 'match: [{model: "*/llama-awq", set_model: llama, sample_rate: 1e-3}]' },
      (c) => c.match,
      [{ model: '*/llama-awq', setModel: 'llama', sampleRate: 0.001 }],
    ],
    [
      'reads servers every interval unless told otherwise',
      {
        file: `interval: 2s
scrape:
  - {url: http://a:8000/, kind: vllm}
  - {url: https://b/m, kind: triton, model: m, variant: int8, interval: 5s, token_file: t}
`,
      },
      (c) => c.scrape,
      [
        { url: 'http://a:8000', kind: 'vllm', variant: 'default', intervalMs: 2000 },
        { url: 'https://b/m', kind: 'triton', model: 'm', variant: 'int8', intervalMs: 5000, tokenFile: 't' },
      ],
    ],
    [
      'takes objectives with and without a variant',
      {
        file: 'slo: [{model: m, latency: 200ms}, {model: m, variant: int8, latency: 0.1s, ttft: 50ms}, {model: n, ttft: 1s}]',
      },
      (c) => c.slo,
      [
        { model: 'm', latencyMs: 200 },
        { model: 'm', variant: 'int8', latencyMs: 100, ttftMs: 50 },
        { model: 'n', ttftMs: 1000 },
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

function windows(config: Config): unknown {
  return config.windowsMs;
}

function grpc(config: Config): unknown {
  return config.listen.grpc;
}

function gpu(config: Config) {
  return config.gpu.devices;
}

function stores(config: Config): unknown {
  return Object.keys(config.exporters);
}

function influxdb(more: string): string {
  return `exporters:\n  influxdb: {url: "http://a:1", database: d}\n  ${more}`;
}
