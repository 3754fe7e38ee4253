import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TlsFiles, type TlsMaterial } from '../../agent/listen/tls-files.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { CertificateAuthority, type CertificateFiles, missingOpenssl } from './certificates.ts';

const missing = missingOpenssl();

describe(`TLS files${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let folder = '';
  let authority: CertificateAuthority;
  let first: CertificateFiles;
  let second: CertificateFiles;
  let used: CertificateFiles;

  before(function () {
    if (missing !== undefined) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'infermeter-'));
    authority = new CertificateAuthority(folder);
    first = authority.issue('first');
    second = authority.issue('second');
    used = { certFile: join(folder, 'used.pem'), keyFile: join(folder, 'used-key.pem') };
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  function open(clientCaFile?: string) {
    use(first);
    const clock = new ManualClock();
    const log = new SilentLogger();
    const files = new TlsFiles(
      { ...used, ...(clientCaFile === undefined ? {} : { clientCaFile }) },
      clock,
      log,
    );
    const changes: TlsMaterial[] = [];
    files.onChange((material) => changes.push(material));
    return { clock, log, files, changes };
  }

  function use({ certFile, keyFile }: CertificateFiles): void {
    copyFileSync(certFile, used.certFile);
    copyFileSync(keyFile, used.keyFile);
  }

  it('loads certificate, key and the authority of clients', () => {
    const { files } = open(authority.caFile);
    expect(files.load()).to.have.all.keys('cert', 'key', 'ca');
    files.stop();
  });

  it('hands on a new pair within five seconds, once', async () => {
    const { clock, files, changes } = open();
    const before = files.load();
    use(second);
    await clock.advance(5000);
    await clock.advance(20_000);
    files.stop();
    expect(changes).to.have.length(1);
    expect(changes[0].cert.equals(before.cert)).to.equal(false);
  });

  it('keeps the old pair until the new certificate and its key are both there', async () => {
    const { clock, log, files, changes } = open();
    files.load();
    copyFileSync(second.certFile, used.certFile);
    await clock.advance(15_000);
    expect(changes).to.have.length(0);
    expect(log.lines).to.deep.equal(['warn certificate unusable: old one kept']);
    use(second);
    await clock.advance(5000);
    expect(changes).to.have.length(1);
    files.stop();
  });

  it('keeps the old pair while a file is gone', async () => {
    const { clock, log, files, changes } = open();
    files.load();
    rmSync(used.certFile);
    await clock.advance(15_000);
    expect(changes).to.have.length(0);
    expect(log.lines).to.have.length(1);
    files.stop();
  });

  it('does not look any more once stopped', async () => {
    const { clock, files, changes } = open();
    files.load();
    files.stop();
    use(second);
    await clock.advance(10_000);
    expect(changes).to.have.length(0);
    expect(clock.sleeping).to.equal(0);
  });

  it('refuses to start with files that do not fit, and names them', () => {
    const { files } = open();
    copyFileSync(second.certFile, used.certFile);
    expect(() => files.load()).to.throw(
      `not a usable certificate and key (${used.certFile}, ${used.keyFile})`,
    );
    writeFileSync(used.certFile, 'no certificate');
    expect(() => files.load()).to.throw('not a usable certificate');
    rmSync(used.certFile);
    expect(() => files.load()).to.throw(`ENOENT: no such file or directory, open '${used.certFile}'`);
  });
});
