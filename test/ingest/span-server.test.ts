import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { failureOf, RunningServer, spansMessage } from './running-server.ts';
import { HealthClient, ReflectionClient } from './service-clients.ts';

const SERVICE = 'infermeter.v1.SpanService';
const UNAVAILABLE = 14;
const INVALID_ARGUMENT = 3;
const INTERNAL = 13;

describe('span server', () => {
  let running: RunningServer;
  let folder = '';
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-'));
    running = await RunningServer.start({ socketPath: join(folder, 'spans.sock') });
  });
  afterEach(async () => {
    await running.stop();
    rmSync(folder, { recursive: true });
  });

  const targets: readonly (readonly [string, () => string])[] = [
    ['TCP', () => running.address],
    ['a Unix socket', () => `unix:${running.server.addresses()['socket']}`],
  ];
  for (const [title, address] of targets) {
    it(`takes batches over ${title}, one by one and as a stream`, async () => {
      const client = running.client({}, address());
      expect(await client.report(spansMessage(3, { sequence: 1 }))).to.deep.include({
        sequence: 1,
        accepted: 3,
      });
      const stream = client.stream();
      for (let sequence = 2; sequence < 100; sequence++) stream.write(spansMessage(1, { sequence }));
      for (let sequence = 2; sequence < 100; sequence++) expect(await stream.ack()).to.include({ sequence });
      stream.end();
      expect(await stream.ack()).to.equal(undefined);
      expect(running.intake.counts().map(({ accepted }) => accepted)).to.deep.equal([3, 98]);
    });
  }

  it('counts a batch once that comes again over another connection', async () => {
    const bytes = spansMessage(2, { producerId: Buffer.from('producer'), sequence: 5 });
    await running.client().report(bytes);
    const other = running.client({ channel: { 'grpc.use_local_subchannel_pool': 1 } });
    expect(await other.report(bytes)).to.deep.include({ duplicate: true, accepted: 2 });
    expect(running.sink.spans).to.have.length(2);
  });

  it('answers a batch that does not parse with INVALID_ARGUMENT and what is wrong', async () => {
    const failure = await failureOf(running.client().report(Buffer.from([34, 9])));
    expect(failure).to.deep.equal({ code: INVALID_ARGUMENT, details: 'truncated at byte 2' });
  });

  it('ends the call alone that meets a bug, and serves the next', async () => {
    const { record } = running.sink;
    running.sink.record = () => {
      throw new Error('bug: for this test');
    };
    const client = running.client();
    expect((await failureOf(client.report(spansMessage(1)))).code).to.equal(INTERNAL);
    const stream = client.stream();
    stream.write(spansMessage(1));
    expect((await failureOf(stream.ack())).code).to.equal(INTERNAL);
    running.sink.record = record;
    expect(await client.report(spansMessage(1))).to.deep.include({ accepted: 1 });
    expect(running.log.lines.filter((line) => line.includes('bug: a call'))).to.have.length(2);
  });

  it('ends a stream at the batch that does not parse, after the acks of those before', async () => {
    const stream = running.client().stream();
    stream.write(spansMessage(1, { sequence: 1 }));
    stream.write(Buffer.from([34, 9]));
    stream.write(spansMessage(1, { sequence: 3 }));
    expect(await stream.ack()).to.include({ sequence: 1 });
    expect(await failureOf(stream.ack())).to.include({ code: INVALID_ARGUMENT });
    expect(running.sink.spans).to.have.length(1);
  });

  it('tells probes that it is serving', async () => {
    const health = new HealthClient(running.address);
    expect(await health.check('')).to.equal('SERVING');
    expect(await health.check(SERVICE)).to.equal('SERVING');
    health.close();
  });

  it('tells those who watch when it stops', async () => {
    const health = new HealthClient(running.address);
    const states = health.watch(SERVICE);
    expect(await states.next()).to.deep.include({ value: 'SERVING' });
    const stopped = running.stop();
    expect(await states.next()).to.deep.include({ value: 'NOT_SERVING' });
    await stopped;
    health.close();
  });

  it('lists its service by reflection, and describes it', async () => {
    const reflection = new ReflectionClient(running.address);
    expect(await reflection.listServices()).to.include(SERVICE);
    expect(await reflection.methodsOf(SERVICE)).to.deep.equal(['Report', 'Stream']);
    reflection.close();
  });

  it('ends open streams as unavailable when it stops', async () => {
    const stream = running.client().stream();
    stream.write(spansMessage(1, { sequence: 1 }));
    await stream.ack();
    const ended = failureOf(stream.ack());
    await running.server.stop(AbortSignal.timeout(500));
    expect(await ended).to.deep.equal({ code: UNAVAILABLE, details: 'the agent is stopping' });
  });

  it('lets only owner and group open the socket, and removes it in the end', async () => {
    const path = running.server.addresses()['socket'];
    expect(statSync(path).mode & 0o777).to.equal(0o660);
    await running.stop();
    expect(() => statSync(path)).to.throw('ENOENT');
  });
});

describe('span server that cannot start', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function startError(options: ConstructorParameters<typeof RunningServer>[0]): Promise<string> {
    const running = new RunningServer(options);
    const error = await running.server.start().then(
      () => undefined,
      (reason: Error) => reason,
    );
    await running.stop();
    return error?.message ?? 'it started';
  }

  it('names a busy port and its config key', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const message = await startError({ listen: { address: `127.0.0.1:${port}` } });
    other.close();
    expect(message).to.equal(
      `listen.grpc: 127.0.0.1:${port} is in use by another process; stop it or set listen.grpc to a free port`,
    );
  });

  it('names an address that this machine does not have', async () => {
    expect(await startError({ listen: { address: '192.0.2.1:0' } })).to.contain(
      'listen.grpc: this machine has no address',
    );
  });

  it('leaves a file that is no socket alone', async () => {
    const path = join(folder, 'spans.sock');
    writeFileSync(path, 'precious');
    expect(await startError({ socketPath: path }))
      .to.contain('listen.socket')
      .and.to.contain('exists and is not a socket');
    expect(statSync(path).size).to.equal(8);
  });

  it('leaves the socket of another process alone', async () => {
    const path = join(folder, 'spans.sock');
    const other = createServer().listen(path);
    await once(other, 'listening');
    expect(await startError({ socketPath: path })).to.contain('is in use by another process');
    other.close();
  });

  it('takes the place of a socket that nobody listens at', async () => {
    const path = join(folder, 'spans.sock');
    const listen =
      'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
    spawnSync(process.execPath, ['-e', listen, path]);
    expect(statSync(path).isSocket()).to.equal(true);
    expect(await startError({ socketPath: path })).to.equal('it started');
  });

  it('names a token file that is not there', async () => {
    const tokenFile = join(folder, 'none');
    expect(await startError({ listen: { address: '127.0.0.1:0', tokenFile } })).to.contain(tokenFile);
  });
});
