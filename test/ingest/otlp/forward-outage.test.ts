import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startGrpcReceiver, startHttpReceiver } from './forward-receivers.ts';
import { RunningForwarder } from './running-forwarder.ts';

describe('forwarding, when things go wrong', () => {
  let running: RunningForwarder;

  afterEach(() => running.stop());

  describe('through an outage', () => {
    for (const protocol of ['http/protobuf', 'grpc'] as const) {
      const startReceiver = protocol === 'grpc' ? startGrpcReceiver : startHttpReceiver;

      it(`keeps what comes over ${protocol}, says so after 30 s, and passes it on in its order`, async () => {
        const before = await startReceiver();
        await before.stop();
        running = await RunningForwarder.start(before.endpoint, { protocol });
        for (let i = 0; i < 20; i++) running.offer({ bytes: Buffer.from([i]) });
        await running.advanceUntil('it has failed', 10_000, () => running.status.retries > 0);
        expect(running.forwarder.degradations()).to.deep.equal([]);
        await running.clock.advance(31_000);
        expect(running.forwarder.degradations()).to.have.length(1);
        expect(running.forwarder.degradations()[0]?.reason).to.match(
          /^OTLP exports are not passed on: .*ECONNREFUSED/,
        );
        const after = await startReceiver(undefined, Number(new URL(before.endpoint).port));
        running.stopWithIt(after);
        await running.advanceUntil('all are taken', 5000, () => running.status.forwarded === 20);
        expect(running.forwarder.degradations()).to.deep.equal([]);
        const order = after.received.map(({ bytes }) => bytes[0] ?? -1);
        const firstOfRounds = order.filter((_, index) => index % 8 === 0);
        expect(order.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
        expect(firstOfRounds).to.deep.equal(firstOfRounds.toSorted((a, b) => a - b));
      });
    }

    it('lets go of what is older than 5 minutes, and counts it', async () => {
      running = await RunningForwarder.start(await startHttpReceiver([{ status: 503 }]));
      running.offer();
      await running.advanceUntil('it is let go', 10_000, () => running.status.dropped['expired'] === 1);
      expect(running.clock.monotonicMs()).to.be.within(300_000, 400_000);
      expect(running.status).to.deep.include({ waiting: 0, waitingBytes: 0, forwarded: 0 });
    });

    it('keeps at most max_bytes, drops the oldest, counts and shows them', async () => {
      const receiver = await startHttpReceiver(['hang']);
      const maxBytes = 64 << 10;
      running = await RunningForwarder.start(receiver, { maxBytes });
      for (let i = 0; i < 100; i++) {
        running.offer({ bytes: Buffer.alloc(4096, i) });
        expect(running.status.waitingBytes).to.be.at.most(maxBytes);
      }
      const { waiting, dropped } = running.status;
      expect(waiting).to.be.above(10);
      expect((dropped['full'] ?? 0) + waiting).to.equal(100);
      expect(running.forwarder.degradations()[0]?.reason).to.contain('forward.max_bytes');
    });

    it('does not take an export larger than max_bytes', async () => {
      running = await RunningForwarder.start(await startHttpReceiver(), { maxBytes: 64 << 10 });
      running.offer({ bytes: Buffer.alloc(65 << 10) });
      expect(running.status).to.deep.include({ dropped: { full: 1 }, waiting: 0, waitingBytes: 0 });
    });
  });

  describe('in a circle', () => {
    it('drops what it passed on before, and adds its name to what others did', async () => {
      const receiver = await startHttpReceiver();
      running = await RunningForwarder.start(receiver);
      running.offer({ trail: 'aaaa' });
      await running.until('it came', () => receiver.received.length === 1);
      const trail = receiver.received[0]?.headers['infermeter-forwarded'] ?? '';
      expect(trail).to.equal('aaaa,8000000080000000');
      const tooLong = Array.from({ length: 8 }, (_, i) => `a${i}`).join(',');
      for (const again of [trail, `${trail},bbbb`, tooLong, 'no trail']) running.offer({ trail: again });
      expect(running.status.dropped).to.deep.equal({ circle: 4 });
      expect(receiver.received).to.have.length(1);
    });
  });

  describe('at the stop', () => {
    it('tries once more what waits', async () => {
      const receiver = await startHttpReceiver([{ status: 503 }, { status: 200 }]);
      running = await RunningForwarder.start(receiver);
      running.offer();
      await running.until('it waits', () => running.status.retries === 1 && running.status.waiting === 1);
      running.offer();
      await running.forwarder.stop(new AbortController().signal);
      expect(running.status).to.deep.include({ forwarded: 2, waiting: 0, dropped: {} });
    });

    it('gives up after 2 s, and says what is lost', async () => {
      const receiver = await startHttpReceiver(['hang']);
      running = await RunningForwarder.start(receiver);
      for (let i = 0; i < 3; i++) running.offer();
      await running.until('some came', () => receiver.received.length > 0);
      const stopped = running.forwarder.stop(new AbortController().signal);
      await running.clock.advance(2000);
      await stopped;
      expect(running.status).to.deep.include({ dropped: { stopped: 3 }, waiting: 0, waitingBytes: 0 });
      expect(running.logged).to.match(/lost \{"exports":3,/);
      running.offer();
      expect(running.status.dropped).to.deep.equal({ stopped: 4 });
    });
  });

  it('waits for a file of headers that is not there yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forward-'));
    const headersFile = join(folder, 'headers');
    const receiver = await startHttpReceiver();
    running = await RunningForwarder.start(receiver, { headersFile });
    running.offer();
    await running.until('it waits', ({ retries }) => retries === 1);
    expect(running.status.reason).to.contain('(forward.headers_file) cannot be read: ENOENT');
    writeFileSync(headersFile, 'authorization: Bearer one\n');
    await running.advanceUntil('it is taken', 5000, ({ forwarded }) => forwarded === 1);
    rmSync(folder, { recursive: true });
    expect(receiver.received[0]?.headers).to.include({ authorization: 'Bearer one' });
  });
});
