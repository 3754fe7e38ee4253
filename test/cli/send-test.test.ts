import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status as Code, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { expect } from 'chai';
import { dialAddress } from '../../agent/cli/agent-access.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { FakeAgent } from './fake-agent.ts';
import { filesOf, runCommand } from './fake-context.ts';

const STATUS = {
  instance: 'pod-1',
  intervalMs: 2000,
  degraded: [{ component: 'exporter:influxdb', reason: 'connection refused', sinceMs: 1 }],
  exporters: [
    { name: 'local', state: 'ok' },
    { name: 'influxdb', state: 'retrying', reason: 'connection refused' },
  ],
};
const ACCEPTED = { sequence: 0, accepted: 1, rejected: 0 };

type Answer = (callback: sendUnaryData<object>) => void;
const accept: Answer = (callback) => callback(null, ACCEPTED);
const reject =
  (reason: string): Answer =>
  (callback) =>
    callback(null, { accepted: 0, rejected: 1, rejections: [{ index: 0, reason }] });
const fail =
  (code: Code, details: string): Answer =>
  (callback) =>
    callback({ code, details });

describe('send-test', () => {
  let agent: FakeAgent;
  afterEach(() => agent?.stop());

  async function start(answer: Answer, status = { code: 200, body: JSON.stringify(STATUS) }): Promise<void> {
    agent = new FakeAgent((_call, callback) => answer(callback), status);
    await agent.start();
  }

  const send = (...more: string[]) =>
    runCommand(['send-test', '--address', agent.grpcAddress, '--status-url', agent.httpUrl, ...more]);

  it('sends one finished span and says what becomes of it', async () => {
    await start(accept);
    const { code, stdout } = await send();
    expect(code).to.equal(0);
    expect(stdout.replace(/\d+ ms/, 'N ms').replace(agent.grpcAddress, 'ADDRESS')).to.equal(
      [
        'sent      one span of send-test/default to ADDRESS (N ms)',
        'accepted  the span counts, and will be in the next point of its series',
        'agent     pod-1, a point every 2 s',
        'stores    local ok, influxdb retrying (connection refused)',
        'degraded  exporter:influxdb: connection refused',
        '',
      ].join('\n'),
    );
    const [{ spans }] = agent.batches;
    expect(spans).to.have.length(1);
    expect(spans[0]).to.include({ model: 'send-test', durationNano: '5000000', status: 'STATUS_OK' });
    const endMs = Number(BigInt(String(spans[0]['startUnixNano'])) / 1_000_000n) + 5;
    expect(Math.abs(endMs - Date.now())).to.be.below(60_000);
  });

  it('takes model and variant, and prints JSON', async () => {
    await start(accept);
    const { stdout } = await send('--model', 'bert', '--variant', 'int8', '--json');
    expect(agent.batches[0].spans[0]).to.include({ model: 'bert', variant: 'int8' });
    const report = JSON.parse(stdout);
    expect(report).to.include({
      outcome: 'accepted',
      target: agent.grpcAddress,
      model: 'bert',
      variant: 'int8',
    });
    expect(report.agent).to.deep.equal(STATUS);
    expect(report.roundTripMs).to.be.greaterThan(0);
  });

  const refusals: readonly [string, Answer, string][] = [
    [
      'clock_ahead',
      reject('clock_ahead'),
      'rejected  clock_ahead: it completed in the future by the agent’s clock',
    ],
    ['too_late', reject('too_late'), 'rejected  too_late: it completed too long ago by the agent’s clock'],
    ['a reason it does not know', reject('odd'), 'rejected  odd: the agent refused the span'],
    [
      'a missing token',
      fail(Code.UNAUTHENTICATED, 'no'),
      'failed    UNAUTHENTICATED: the agent wants a bearer token: give --token-file',
    ],
    [
      'a wrong token',
      fail(Code.PERMISSION_DENIED, 'no'),
      'failed    PERMISSION_DENIED: the agent does not take',
    ],
    ['another service', fail(Code.UNIMPLEMENTED, 'no'), 'failed    UNIMPLEMENTED: what listens at'],
    [
      'a limit',
      fail(Code.RESOURCE_EXHAUSTED, 'too many'),
      'failed    RESOURCE_EXHAUSTED: the agent is at a limit: too many',
    ],
    ['what nobody foresaw', fail(Code.INTERNAL, 'oops'), 'failed    INTERNAL: oops'],
  ];
  for (const [title, answer, line] of refusals) {
    it(`fails at ${title}, in words`, async () => {
      await start(answer);
      const { code, stdout } = await send();
      expect(code).to.equal(1);
      expect(stdout.replaceAll("'", '’')).to.contain(line);
    });
  }

  it('fails where nothing listens, and says what to check', async () => {
    await start(accept);
    const address = agent.grpcAddress;
    await agent.stop();
    const { code, stdout } = await runCommand(['send-test', '--address', address]);
    expect(code).to.equal(1);
    expect(stdout).to.contain(
      `failed    UNAVAILABLE: nothing usable answers at ${address}: is the agent running`,
    );
  });

  const statuses: readonly [string, { code: number; body: string }, string][] = [
    ['wants a token', { code: 401, body: '' }, 'HTTP 401'],
    ['is something else', { code: 200, body: '<html>' }, 'the answer is no JSON'],
  ];
  for (const [title, status, words] of statuses) {
    it(`succeeds where the HTTP server ${title}, and says so`, async () => {
      await start(accept, status);
      const { code, stdout } = await send();
      expect(code).to.equal(0);
      expect(stdout).to.contain(`status    ${agent.httpUrl} cannot be asked: ${words}\n`);
    });
  }

  it('asks no other agent for its status than the one that got the span', async () => {
    await start(accept);
    const { code, stdout } = await runCommand(['send-test', '--address', agent.grpcAddress]);
    expect(code).to.equal(0);
    expect(stdout).to.contain('status    not asked: give --status-url\n');
  });

  it('finds address, HTTP and tokens in the config', async () => {
    await start(accept);
    const files = {
      'a.yaml': `listen:
  grpc: {address: "${agent.grpcAddress}", token_file: tokens}
  http: {address: "${agent.httpUrl.slice(7)}", token_file: other}
`,
      tokens: 't1\nt2\n',
      other: 'o1\n',
    };
    const outcome = await runCommand(['send-test', '-c', 'a.yaml'], { readFile: filesOf(files) });
    expect(outcome.stderr).to.equal('');
    expect(outcome.code).to.equal(0);
    expect(agent.tokens).to.deep.equal(['Bearer t1', 'Bearer o1']);
  });

  it('ends with a usage error where a file cannot be read', async () => {
    await start(accept);
    const outcome = await runCommand(['send-test', '--address', agent.grpcAddress, '--ca-file', 'nope']);
    expect(outcome).to.include({ code: 2, stderr: 'infermeter: ENOENT: nope\n' });
  });

  it('ends when it is interrupted', async () => {
    const interrupt = new AbortController();
    await start(() => interrupt.abort());
    const argv = ['send-test', '--address', agent.grpcAddress];
    const { code, stdout } = await runCommand(argv, { signal: interrupt.signal });
    expect(code).to.equal(1);
    expect(stdout).to.contain('failed    CANCELLED: interrupted');
  });

  describe('with TLS', () => {
    let folder: string;
    before(function () {
      requireBinary(this, 'openssl');
      folder = mkdtempSync(join(tmpdir(), 'infermeter-tls-'));
      const subject = ['-subj', '/CN=agent', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:agent'];
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
      const out = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
      execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...out], { stdio: 'ignore' });
    });
    after(() => folder && rmSync(folder, { recursive: true }));
    const readFile = async (path: string) => readFileSync(join(folder, path), 'utf8');

    async function startSecure(): Promise<void> {
      const [cert, key] = [readFileSync(join(folder, 'cert')), readFileSync(join(folder, 'key'))];
      agent = new FakeAgent((_call, callback) => accept(callback), { code: 200, body: '{}' });
      await agent.start(ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]));
    }

    const cases: readonly [string, readonly string[], number][] = [
      ['trusts the authority that it is given', ['--ca-file', 'cert'], 0],
      ['takes another name', ['--ca-file', 'cert', '--server-name', 'agent'], 0],
      ['refuses a wrong name', ['--ca-file', 'cert', '--server-name', 'other'], 1],
      ['refuses an authority that it does not know', ['--tls'], 1],
      ['fails without', [], 1],
    ];
    for (const [title, argv, expected] of cases) {
      it(title, async () => {
        await startSecure();
        const { code } = await runCommand(['send-test', '--address', agent.grpcAddress, ...argv], {
          readFile,
        });
        expect(code).to.equal(expected);
      });
    }

    it('trusts the certificate of its own config', async () => {
      await startSecure();
      const flags = ['address', 'tls.cert_file', 'tls.key_file'].map((key, index) => [
        '--set',
        `listen.grpc.${key}=${[agent.grpcAddress, 'cert', 'key'][index]}`,
      ]);
      const argv = ['send-test', ...flags.flat(), '--set', 'listen.http='];
      const { code, stdout } = await runCommand(argv, { readFile });
      expect(stdout).to.contain('accepted');
      expect(code).to.equal(0);
    });
  });
});

describe('dialAddress', () => {
  const cases: readonly [string, string][] = [
    ['127.0.0.1:4317', '127.0.0.1:4317'],
    [':4317', '127.0.0.1:4317'],
    ['0.0.0.0:4317', '127.0.0.1:4317'],
    ['[::]:4317', '[::1]:4317'],
    ['host:1', 'host:1'],
    ['unix:/run/s', 'unix:/run/s'],
  ];
  for (const [listen, dial] of cases) {
    it(`reaches ${listen} at ${dial}`, () => expect(dialAddress(listen)).to.equal(dial));
  }
});
