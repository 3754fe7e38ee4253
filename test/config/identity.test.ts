import { expect } from 'chai';
import { identityOf } from '../../agent/config/identity.ts';
import { parseConfig } from '../../agent/config/parse-config.ts';

const IGNORED = ['OTEL_RESOURCE_ATTRIBUTES is not key=value,… and was ignored'];

function identity(text: string, environment: Record<string, string>) {
  const result = parseConfig({
    file: { name: 'a.yaml', text },
    environment: {},
    flags: [],
    influxVariables: false,
  });
  if (!result.ok) throw new Error('bug: the config of the test is wrong');
  return identityOf(result.config, environment, 'machine');
}

describe('identity', () => {
  const names: readonly [string, string, Record<string, string>, { instance: string; host: string }][] = [
    ['the host name alone', '', {}, { instance: 'machine', host: 'machine' }],
    ['the pod', '', { POD_NAME: 'p', NODE_NAME: 'n' }, { instance: 'p', host: 'n' }],
    [
      'the pod with its namespace',
      '',
      { POD_NAME: 'p', POD_NAMESPACE: 's' },
      { instance: 'p', host: 'machine' },
    ],
    ['empty variables', '', { POD_NAME: '', NODE_NAME: '' }, { instance: 'machine', host: 'machine' }],
    ['the config', 'instance: mine', { POD_NAME: 'p' }, { instance: 'mine', host: 'machine' }],
    ['a port', 'listen: {grpc: "127.0.0.1:5000"}', {}, { instance: 'machine:5000', host: 'machine' }],
    ['pod and port', 'listen: {grpc: "[::1]:1"}', { POD_NAME: 'p' }, { instance: 'p:1', host: 'machine' }],
    ['any free port', 'listen: {grpc: "127.0.0.1:0"}', {}, { instance: 'machine', host: 'machine' }],
    [
      'a port beside an instance of the config',
      'instance: mine\nlisten: {grpc: "[::1]:1"}',
      {},
      { instance: 'mine', host: 'machine' },
    ],
  ];
  for (const [title, config, environment, expected] of names) {
    it(`comes from ${title}`, () => expect(identity(config, environment)).to.include(expected));
  }

  it('knows the pod only where both its names are known', () => {
    const pods = [{ POD_NAME: 'p', POD_NAMESPACE: 's' }, { POD_NAME: 'p' }, { POD_NAMESPACE: 's' }, {}];
    expect(pods.map((environment) => identity('', environment).pod)).to.deep.equal([
      { namespace: 's', name: 'p' },
      undefined,
      undefined,
      undefined,
    ]);
  });

  const attributes: readonly [string, string, string, object, readonly string[]][] = [
    ['none without the allow-list', '', 'zone=a', {}, []],
    ['those that labels allows', 'labels: [zone]', 'zone=a,team=b', { zone: 'a' }, []],
    ['dotted ones', 'labels: [service.name]', ' service.name = a%20b ', { 'service.name': 'a b' }, []],
    ['decoded, with = in the value', 'labels: [zone]', 'zone=a%2Cb=c', { zone: 'a,b=c' }, []],
    ['none of a text that is no list', 'labels: [zone]', 'zone=a,oops', {}, IGNORED],
    ['none of a text that does not decode', 'labels: [zone]', 'zone=%zz', {}, IGNORED],
    [
      'beside the tags of the config',
      'labels: [zone]\ntags: {team: t}',
      'zone=a',
      { zone: 'a', team: 't' },
      [],
    ],
  ];
  for (const [title, config, text, tags, warnings] of attributes) {
    it(`takes resource attributes: ${title}`, () => {
      const found = identity(config, { OTEL_RESOURCE_ATTRIBUTES: text });
      expect({ tags: found.tags, warnings: found.warnings }).to.deep.equal({ tags, warnings });
    });
  }
});
