import { expect } from 'chai';
import { formatListenAddress, isLoopback, parseListenAddress } from '../../agent/core/listen-address.ts';

describe('listen address', () => {
  const valid: readonly (readonly [string, string, number])[] = [
    ['127.0.0.1:4317', '127.0.0.1', 4317],
    ['localhost:0', 'localhost', 0],
    [':9866', '', 9866],
    ['[::1]:4317', '::1', 4317],
    ['agent.models.svc:65535', 'agent.models.svc', 65_535],
  ];
  for (const [text, host, port] of valid) {
    it(`${text} is ${host} and ${port}`, () => {
      expect(parseListenAddress(text)).to.deep.equal({ host, port });
    });
  }

  for (const text of [
    '',
    '4317',
    'localhost',
    '::1:4317',
    '[x]:1',
    'a:65536',
    'a b:1',
    'a:-1',
    'a:',
    '[::1]',
  ]) {
    it(`refuses "${text}"`, () => {
      expect(parseListenAddress(text)).to.equal(undefined);
    });
  }

  it('formats what it parsed', () => {
    for (const text of ['127.0.0.1:1', '[::1]:2', 'localhost:3', '[::]:4']) {
      const address = parseListenAddress(text);
      expect(address && formatListenAddress(address)).to.equal(text);
    }
  });

  const hosts: readonly (readonly [string, boolean])[] = [
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['LOCALHOST', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['agent', false],
    ['127.0.0.1.example.org', false],
  ];
  for (const [host, expected] of hosts) {
    it(`${host} is ${expected ? '' : 'not '}loopback`, () => {
      expect(isLoopback(host)).to.equal(expected);
    });
  }
});
