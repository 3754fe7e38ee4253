import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CertificateAuthority, missingOpenssl } from '../../listen/certificates.ts';
import { ROOT } from '../../source-files.ts';
import { RunningForwarder } from './running-forwarder.ts';

/** Forwards one export, by its arguments: endpoint and protocol. */
const ONE_EXPORT = `
import { SystemClock } from './agent/core/clock.ts';
import { Forwarder } from './agent/ingest/otlp/forward/forwarder.ts';
const line = () => {};
const edge = { clock: new SystemClock(), log: { debug: line, info: line, warn: line, error: line }, random: () => 0 };
const fixed = { protocol: process.argv[2], headers: {}, timeoutMs: 5000, maxBytes: 65536 };
const forwarder = new Forwarder({ endpoint: process.argv[1], ...fixed }, edge);
forwarder.offer({ signal: 'traces', format: 'protobuf', bytes: Buffer.from('abc'), trail: '' });
await forwarder.start();
await forwarder.stop(new AbortController().signal);
`;

describe('forwarding over TLS', () => {
  let folder: string;
  let authority: CertificateAuthority;
  let server: Http2SecureServer;
  let endpoint: string;
  let bodies: string[];

  before(async function () {
    if (missingOpenssl() !== undefined) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'forward-tls-'));
    authority = new CertificateAuthority(folder);
    const { certFile, keyFile } = authority.issue('collector');
    const material = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    server = createSecureServer({ ...material, allowHTTP1: true }, (request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => response.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    bodies = [];
  });

  after(() => {
    if (folder === undefined) return;
    server.close();
    rmSync(folder, { recursive: true });
  });

  for (const protocol of ['http/protobuf', 'grpc'] as const) {
    it(`does not speak ${protocol} to a far end that nobody vouches for`, async () => {
      const running = await RunningForwarder.start(endpoint, { protocol });
      running.offer();
      await running.until('it is refused', ({ retries }) => retries > 0);
      expect(running.status.reason).to.match(/unable.to.verify/i);
      expect(bodies).to.deep.equal([]);
      await running.stop();
    });

    it(`speaks ${protocol} to what the authorities of NODE_EXTRA_CA_CERTS vouch for`, async () => {
      const flags = ['--import', 'tsx', '--input-type=module', '-e', ONE_EXPORT, endpoint, protocol];
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority.caFile };
      const program = spawn(process.execPath, flags, { cwd: ROOT, env, stdio: 'inherit' });
      expect((await once(program, 'exit'))[0]).to.equal(0);
      expect(bodies.join('')).to.match(/abc$/);
    });
  }
});
