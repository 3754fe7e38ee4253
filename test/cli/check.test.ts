import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CheckResult } from '../../agent/cli/command-context.ts';
import { filesOf, runCommand } from './fake-context.ts';

describe('check', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-check-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function check(flags: readonly string[], overrides: Parameters<typeof runCommand>[1] = {}) {
    const ports = ['--grpc', '127.0.0.1:0', '--set', 'listen.otlp_http=127.0.0.1:0', '--http', '127.0.0.1:0'];
    const argv = ['check', '--data-dir', folder, ...ports, ...flags, '--json'];
    const { code, stdout } = await runCommand(argv, overrides);
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: CheckResult[] };
    return { code, ok, findings: Object.fromEntries(findings.map((finding) => [finding.name, finding])) };
  }

  it('finds nothing wrong, and leaves nothing behind', async () => {
    const { code, ok, findings } = await check([]);
    expect({ code, ok }).to.deep.equal({ code: 0, ok: true });
    expect(findings).to.have.all.keys('config', 'data_dir', 'listen.grpc', 'listen.otlp_http', 'listen.http');
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('prints a line for each finding', async () => {
    const exporterChecks = async () => [
      { name: 'exporters.influxdb', ok: false, reason: 'HTTP 401: bad token' },
    ];
    const argv = [
      'check',
      '--data-dir',
      folder,
      '--grpc',
      '127.0.0.1:0',
      '--set',
      'listen.otlp_http=',
      '--set',
      'listen.http=',
    ];
    const { code, stdout } = await runCommand(argv, { exporterChecks });
    expect(code).to.equal(1);
    expect(stdout).to.equal(
      [
        'ok      config              defaults, environment and flags',
        `ok      data_dir            ${folder} is writable`,
        'ok      listen.grpc         127.0.0.1:0 is free',
        'failed  exporters.influxdb  HTTP 401: bad token',
        '',
      ].join('\n'),
    );
  });

  it('fails where a GPU cannot be read', async () => {
    const finding = { name: 'gpu', ok: false, reason: 'nvml gave no answer within 30 s' };
    const { code, findings } = await check([], { gpuChecks: async () => [finding] });
    expect(code).to.equal(1);
    expect(findings['gpu']).to.deep.equal(finding);
  });

  it('does not make the data directory', async () => {
    const { findings } = await check(['--data-dir', join(folder, 'a/b')]);
    expect(findings['data_dir']).to.include({ ok: true, reason: `${join(folder, 'a/b')} will be made` });
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('fails where the data directory is a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, findings } = await check(['--data-dir', join(folder, 'file')]);
    expect(code).to.equal(1);
    expect(findings['data_dir']).to.include({ ok: false, reason: `${join(folder, 'file')} is no directory` });
  });

  it('fails at a port that is taken, naming it and the key', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, findings } = await check(['--http', address]);
    await new Promise((resolve) => server.close(resolve));
    expect(code).to.equal(1);
    expect(findings['listen.http']).to.deep.equal({
      name: 'listen.http',
      ok: false,
      reason: `${address} is in use: does an agent run already? (EADDRINUSE)`,
    });
  });

  it('tries the folder of a socket', async () => {
    mkdirSync(join(folder, 'run'));
    const good = await check(['--socket', join(folder, 'run/s')]);
    expect(good.findings['listen.socket']).to.include({ ok: true });
    const bad = await check(['--socket', join(folder, 'nowhere/s')]);
    expect(bad.findings['listen.socket'].reason).to.contain('ENOENT');
  });

  const files: readonly [string, readonly string[], Record<string, string>, string][] = [
    ['a token file that is not there', ['listen.grpc.token_file=t'], {}, 'ENOENT: t'],
    ['a token file without tokens', ['listen.grpc.token_file=t'], { t: ' \n' }, 't lists no token'],
    [
      'a certificate that is none',
      ['listen.grpc.tls.cert_file=c', 'listen.grpc.tls.key_file=k'],
      { c: 'c', k: 'k' },
      'PEM',
    ],
  ];
  for (const [title, set, texts, words] of files) {
    it(`fails at ${title}`, async () => {
      const flags = set.flatMap((pair) => ['--set', pair]);
      const { code, findings } = await check(flags, { readFile: filesOf(texts) });
      expect(code).to.equal(1);
      expect(findings['listen.grpc'].ok).to.equal(false);
      expect(findings['listen.grpc'].reason).to.contain(words);
    });
  }

  it('ends with 2 where the config is wrong, before it tries anything', async () => {
    const { code, stdout } = await runCommand(['check', '--interval', 'x', '--json']);
    expect(code).to.equal(2);
    expect(JSON.parse(stdout)).to.have.property('ok', false);
  });
});
