import { expect } from 'chai';
import { createListenError } from '../../agent/listen/listen-failure.ts';
import { parseListenTarget } from '../../agent/listen/listen-target.ts';

describe('listen target', () => {
  it('takes no host as all interfaces', () => {
    expect(parseListenTarget(':9866')).to.deep.equal({ host: '::', port: 9866 });
  });

  it('refuses what is no address, and says what it expects', () => {
    expect(() => parseListenTarget('4317')).to.throw('"4317" is not an address to listen on: expected');
  });
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
