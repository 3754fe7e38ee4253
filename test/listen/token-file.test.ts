import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenFile } from '../../agent/listen/token-file.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';

describe('token file', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-'));
    path = join(folder, 'tokens');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function open(text: string) {
    writeFileSync(path, text);
    const clock = new ManualClock();
    const log = new SilentLogger();
    const tokens = new TokenFile(path, clock, log);
    tokens.load();
    return { clock, log, tokens };
  }

  const cases: readonly (readonly [string | undefined, boolean])[] = [
    ['Bearer first', true],
    ['bearer second', true],
    ['Bearer  first ', true],
    ['Bearer third', false],
    ['Bearer #comment', false],
    ['Bearer ', false],
    ['first', false],
    ['Basic first', false],
    ['', false],
    [undefined, false],
  ];
  for (const [header, expected] of cases) {
    it(`${expected ? 'accepts' : 'refuses'} ${JSON.stringify(header)}`, () => {
      expect(open('first\r\n\n#comment\n second\n').tokens.accepts(header)).to.equal(expected);
    });
  }

  it('takes a new token and drops a withdrawn one within a second', async () => {
    const { clock, tokens } = open('old');
    writeFileSync(path, 'new');
    expect(tokens.accepts('Bearer new')).to.equal(false);
    await clock.advance(1000);
    expect(tokens.accepts('Bearer new')).to.equal(true);
    expect(tokens.accepts('Bearer old')).to.equal(false);
  });

  it('keeps its tokens and warns once while the file is gone', async () => {
    const { clock, log, tokens } = open('old');
    rmSync(path);
    for (let i = 0; i < 3; i++) {
      await clock.advance(1000);
      expect(tokens.accepts('Bearer old')).to.equal(true);
    }
    expect(log.lines).to.deep.equal(['warn token file unreadable: old tokens kept']);
  });

  it('refuses to start without a token or a file', () => {
    expect(() => open('# none\n')).to.throw('holds no token');
    expect(() => new TokenFile(join(folder, 'none'), new ManualClock(), new SilentLogger()).load()).to.throw(
      'ENOENT',
    );
  });
});
