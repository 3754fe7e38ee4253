import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { requireBinary } from '../servers/require-binary.ts';
import { HttpHarness } from './http-harness.ts';

describe('HttpServer with TLS', () => {
  let folder: string;
  let certFile: string;
  let keyFile: string;
  let harness: HttpHarness | undefined;

  before(function () {
    requireBinary(this, 'openssl');
    folder = mkdtempSync(join(tmpdir(), 'infermeter-tls-'));
    certFile = join(folder, 'cert.pem');
    keyFile = join(folder, 'key.pem');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
    execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-days', '1', '-out', certFile], {
      stdio: 'ignore',
    });
  });
  afterEach(() => harness?.stop());
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  function fetchStatus(options: object): Promise<number | string> {
    return new Promise((resolve) => {
      const url = `https://127.0.0.1:${harness?.port}/api/v1/status`;
      const sent = get(url, { ca: readFileSync(certFile), agent: false, ...options }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  it('serves those who bring a token over an encrypted connection', async () => {
    const tokenFile = join(folder, 'tokens');
    writeFileSync(tokenFile, 'open-sesame\n');
    harness = new HttpHarness(
      {},
      { listen: { address: '127.0.0.1:0', tls: { certFile, keyFile }, tokenFile } },
    );
    await harness.server.start();
    expect(await fetchStatus({})).to.equal(401);
    expect(await fetchStatus({ headers: { authorization: 'Bearer open-sesame' } })).to.equal(200);
  });

  it('serves only clients with a certificate where one is asked for', async () => {
    const tls = { certFile, keyFile, clientCaFile: certFile };
    harness = new HttpHarness({}, { listen: { address: '127.0.0.1:0', tls } });
    await harness.server.start();
    expect(await fetchStatus({})).to.be.a('string');
    const cert = readFileSync(certFile);
    expect(await fetchStatus({ cert, key: readFileSync(keyFile) })).to.equal(200);
  });

  it('stays closed, and says why, while its certificate is missing', async () => {
    const tls = { certFile: join(folder, 'none.pem'), keyFile };
    harness = new HttpHarness({}, { listen: { address: '127.0.0.1:0', tls } });
    await harness.server.start();
    expect(harness.server.degradations()[0].reason).to.contain('none.pem');
  });
});
