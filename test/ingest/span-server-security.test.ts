import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { CertificateAuthority, type CertificateFiles, missingOpenssl } from '../listen/certificates.ts';
import type { SpanClientOptions } from './grpc-client.ts';
import { failureOf, RunningServer, spansMessage } from './running-server.ts';
import { HealthClient } from './service-clients.ts';

const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;
const OWN_CONNECTION = { 'grpc.use_local_subchannel_pool': 1 };
const missing = missingOpenssl();

describe('span server with tokens', () => {
  let folder = '';
  let running: RunningServer;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-'));
    const tokenFile = join(folder, 'tokens');
    writeFileSync(tokenFile, 'secret\n');
    const socketPath = join(folder, 'spans.sock');
    running = await RunningServer.start({ listen: { address: '127.0.0.1:0', tokenFile }, socketPath });
  });
  afterEach(async () => {
    await running.stop();
    rmSync(folder, { recursive: true });
  });

  const cases: readonly (readonly [string, string | undefined])[] = [
    ['no token', undefined],
    ['a wrong token', 'secreT'],
  ];
  for (const [title, token] of cases) {
    it(`refuses calls and streams with ${title}`, async () => {
      const client = running.client(token === undefined ? {} : { token });
      const refused = await failureOf(client.report(spansMessage(1)));
      expect(refused).to.include({ code: UNAUTHENTICATED });
      expect(refused.details).not.to.contain('secret');
      expect(await failureOf(client.stream().ack())).to.include({ code: UNAUTHENTICATED });
      expect(running.sink.spans).to.have.length(0);
    });
  }

  it('takes calls and streams with the token', async () => {
    const client = running.client({ token: 'secret' });
    expect(await client.report(spansMessage(1))).to.include({ accepted: 1 });
    const stream = client.stream();
    stream.write(spansMessage(1));
    expect(await stream.ack()).to.include({ accepted: 1 });
  });

  it('asks for none on the Unix socket, which its file mode guards, nor of probes', async () => {
    const client = running.client({}, `unix:${join(folder, 'spans.sock')}`);
    expect(await client.report(spansMessage(1))).to.include({ accepted: 1 });
    const health = new HealthClient(running.address);
    expect(await health.check('')).to.equal('SERVING');
    health.close();
  });
});

describe(`span server with TLS${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let folder = '';
  let authority: CertificateAuthority;
  let own: CertificateFiles;
  let renewed: CertificateFiles;
  let client: CertificateFiles;
  let used: CertificateFiles;
  let running: RunningServer | undefined;

  before(function () {
    if (missing !== undefined) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'infermeter-'));
    authority = new CertificateAuthority(folder);
    [own, renewed, client] = [authority.issue('own'), authority.issue('renewed'), authority.issue('client')];
    used = { certFile: join(folder, 'used.pem'), keyFile: join(folder, 'used-key.pem') };
  });
  beforeEach(() => use(own));
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  function use({ certFile, keyFile }: CertificateFiles): void {
    copyFileSync(certFile, used.certFile);
    copyFileSync(keyFile, used.keyFile);
  }

  async function start(clientCaFile?: string): Promise<RunningServer> {
    const tls = { ...used, ...(clientCaFile === undefined ? {} : { clientCaFile }) };
    running = await RunningServer.start({ listen: { address: '127.0.0.1:0', tls } });
    return running;
  }

  function withClientCertificate(): ChannelCredentials {
    return credentials.createSsl(authority.ca, readFileSync(client.keyFile), readFileSync(client.certFile));
  }

  function report(server: RunningServer, options: SpanClientOptions) {
    return server.client({ channel: OWN_CONNECTION, ...options }).report(spansMessage(1));
  }

  it('takes spans from clients that trust its authority', async () => {
    const server = await start();
    expect(await report(server, { credentials: credentials.createSsl(authority.ca) })).to.include({
      accepted: 1,
    });
  });

  it('has nothing to say to those without TLS or without trust', async () => {
    const server = await start();
    expect(await failureOf(report(server, {}))).to.include({ code: UNAVAILABLE });
    expect(await failureOf(report(server, { credentials: credentials.createSsl() }))).to.include({
      code: UNAVAILABLE,
    });
  });

  it('takes a client with a certificate of the right authority, and none without', async () => {
    const server = await start(authority.caFile);
    expect(await report(server, { credentials: withClientCertificate() })).to.include({ accepted: 1 });
    const without = { credentials: credentials.createSsl(authority.ca) };
    expect(await failureOf(report(server, without))).to.include({ code: UNAVAILABLE });
  });

  it('goes on with a renewed certificate, and keeps the connections there are', async () => {
    const server = await start();
    const trusting = { credentials: credentials.createSsl(authority.ca), channel: OWN_CONNECTION };
    const before = server.client(trusting);
    await before.report(spansMessage(1));
    use(renewed);
    await server.clock.advance(5000);
    const onlyRenewed = credentials.createSsl(authority.ca, null, null, {
      checkServerIdentity: (_host, { subject }) =>
        subject.CN === 'renewed' ? undefined : new Error('old certificate'),
    });
    expect(await report(server, { credentials: onlyRenewed })).to.include({ accepted: 1 });
    expect(await before.report(spansMessage(1))).to.include({ accepted: 1 });
  });
});
