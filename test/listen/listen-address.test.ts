import { expect } from 'chai';
import { formatListenAddress, isLoopback, parseListenAddress } from '../../agent/listen/listen-address.ts';
import { createListenError } from '../../agent/listen/listen-failure.ts';

describe('listen address', () => {
  const valid: readonly (readonly [string, string, number])[] = [
    ['127.0.0.1:4317', '127.0.0.1', 4317],
    ['localhost:0', 'localhost', 0],
    [':9866', '::', 9866],
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
    it(`refuses "${text}" and says what it expects`, () => {
      expect(() => parseListenAddress(text)).to.throw(`"${text}" is not an address to listen on: expected`);
    });
  }

  it('formats what it parsed', () => {
    for (const text of ['127.0.0.1:1', '[::1]:2', 'localhost:3', '[::]:4']) {
      expect(formatListenAddress(parseListenAddress(text))).to.equal(text);
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

describe('listen error', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      'a code',
      Object.assign(new Error('x'), { code: 'EADDRINUSE' }),
      'in use by another process; stop it or set',
    ],
    [
      'only a text',
      new Error('errors: [listen EADDRINUSE: address already in use]'),
      'in use by another process',
    ],
    ['a missing permission', Object.assign(new Error('x'), { code: 'EACCES' }), 'no permission to open'],
    [
      'a foreign address',
      Object.assign(new Error('x'), { code: 'EADDRNOTAVAIL' }),
      'this machine has no address',
    ],
    ['an unknown host', Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'has no address; correct'],
    ['anything else', new Error('odd'), 'cannot be opened (listen.grpc): odd'],
  ];
  for (const [title, cause, expected] of cases) {
    it(`names key, address and remedy for ${title}`, () => {
      const error = createListenError({ key: 'listen.grpc', address: '127.0.0.1:4317', cause });
      expect(error.message)
        .to.contain('listen.grpc')
        .and.to.contain('127.0.0.1:4317')
        .and.to.contain(expected);
    });
  }
});
