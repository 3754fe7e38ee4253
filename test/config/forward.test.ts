import { expect } from 'chai';
import type { ForwardConfig } from '../../agent/config/config.ts';
import { effectiveValues, effectiveYaml } from '../../agent/config/effective-config.ts';
import { maskConfig } from '../../agent/config/mask-config.ts';
import { parseConfig } from '../../agent/config/parse-config.ts';
import { configOf, type Given, problemsOf } from './config-of.ts';

const PLAIN: ForwardConfig = {
  endpoint: 'http://collector:4318',
  protocol: 'http/protobuf',
  headers: {},
  timeoutMs: 10_000,
  maxBytes: 16 * 2 ** 20,
};
const CIRCLE = (name: string): string =>
  `is listen.${name} of this agent: exports would go in a circle; give the address that the collector has now`;

describe('config: forward', () => {
  const values: readonly [string, Given, ForwardConfig | undefined][] = [
    ['is off by itself', {}, undefined],
    ['is off without an endpoint', { file: 'forward: {timeout: 1s}' }, undefined],
    ['takes an endpoint alone', { file: 'forward: {endpoint: "http://collector:4318/"}' }, PLAIN],
    [
      'speaks gRPC at port 4317',
      { file: 'forward: {endpoint: "https://collector:4317"}' },
      { ...PLAIN, endpoint: 'https://collector:4317', protocol: 'grpc' },
    ],
    [
      'speaks what it is told to',
      { file: 'forward: {endpoint: "http://collector:4318", protocol: grpc}' },
      { ...PLAIN, protocol: 'grpc' },
    ],
    [
      'takes all of it',
      {
        file: 'forward: {endpoint: "http://collector:4318", headers: {x-tenant: a}, headers_file: /h, timeout: 1s, max_bytes: 1MiB}',
      },
      { ...PLAIN, headers: { 'x-tenant': 'a' }, headersFile: '/h', timeoutMs: 1000, maxBytes: 2 ** 20 },
    ],
    [
      'takes a header from the environment',
      {
        env: {
          INFERMETER_FORWARD__ENDPOINT: 'http://collector:4318',
          INFERMETER_FORWARD__HEADERS__AUTHORIZATION: 'Bearer t',
        },
      },
      { ...PLAIN, headers: { authorization: 'Bearer t' } },
    ],
    [
      'may use the port of a listener on another machine',
      { file: 'forward: {endpoint: "http://collector:4318"}\nlisten: {otlp_http: "127.0.0.1:4318"}' },
      PLAIN,
    ],
  ];
  for (const [title, given, expected] of values) {
    it(title, () => expect(configOf(given).forward).to.deep.equal(expected));
  }

  const problems: readonly [string, string, string][] = [
    ['a circle over gRPC', 'endpoint: "http://localhost:4317"', CIRCLE('grpc')],
    ['a circle over HTTP', 'endpoint: "http://127.0.0.1:4318"', CIRCLE('otlp_http')],
    ['a circle over IPv6', 'endpoint: "http://[::1]:4318"', CIRCLE('otlp_http')],
    ['a circle over any address', 'endpoint: "http://0.0.0.0:4318"', CIRCLE('otlp_http')],
    [
      'the path of a signal',
      'endpoint: "http://c:4318/v1/traces"',
      'must end before /v1/traces, which is added for each signal',
    ],
    [
      'a path for gRPC',
      'endpoint: "http://c:4317/otlp"',
      'has a path, which gRPC does not take; or set forward.protocol: http/protobuf',
    ],
    ['a header that is ours', 'headers: {Content-Type: x}', 'is written by the agent itself'],
    ['a header that is no name', 'headers: {"a b": x}', 'a header is letters, digits'],
    ['a header that gRPC takes for bytes', 'headers: {a-bin: x}', 'a header is letters, digits'],
    ['a header beyond ASCII', 'headers: {a: ü}', 'must be printable ASCII'],
    [
      'too many headers',
      `headers: {${Array.from({ length: 33 }, (_, i) => `h${i}: x`).join(', ')}}`,
      'has more than 32 headers',
    ],
    ['credentials in the URL', 'endpoint: "http://u:p@c:4318"', 'must be an http:// or https:// URL'],
  ];
  for (const [title, keys, expected] of problems) {
    it(`refuses ${title}`, () => {
      const found = problemsOf({ file: `forward: {${keys}}` });
      expect(found).to.have.length(1);
      expect(found[0]).to.contain(expected);
    });
  }

  it('takes for a circle what reaches a listener of all interfaces', () => {
    const file = 'forward: {endpoint: "http://127.0.0.1:9"}\nlisten: {grpc: {address: ":9", insecure: true}}';
    expect(problemsOf({ file })[0]).to.contain(CIRCLE('grpc'));
  });

  it('shows the names of headers, never their values', () => {
    const text = 'forward: {endpoint: "http://c:1", headers: {authorization: Bearer s3cret}}';
    const result = parseConfig({
      file: { name: 'a', text },
      environment: {},
      flags: [],
      influxVariables: false,
    });
    if (!result.ok) throw new Error('bug: the config of the test is wrong');
    const shown = effectiveYaml(effectiveValues(result.config, result.source));
    expect(shown).to.contain('headers: {authorization: "***"}').and.not.to.contain('s3cret');
    expect(maskConfig(result.config).forward?.headers).to.deep.equal({ authorization: '***' });
    const problem = problemsOf({ file: 'forward: {headers: {a: s3crétt}}' });
    expect(problem.join()).to.contain('forward.headers.a').and.not.to.contain('s3cr');
  });
});
