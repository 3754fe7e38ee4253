import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { poll } from '../poll.ts';
import { failureOf, RunningServer, spansMessage } from './running-server.ts';

const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;
const MESSAGE_BYTES = 100_000;
const REPORT = '/infermeter.v1.SpanService/Report';
const STREAM = '/infermeter.v1.SpanService/Stream';

describe('span server, mistreated', () => {
  let running: RunningServer;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    running = await RunningServer.start({ limits: { messageBytes: MESSAGE_BYTES, streams: 4 } });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await running.stop();
  });

  async function rawConnection(): Promise<Socket> {
    const [, port] = running.address.split(':');
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => socket.destroy());
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** A call of `Report` of which only the headers and these bytes are sent; resolves with its final headers. */
  function halfCall(bytes: Uint8Array) {
    const session = connectHttp2(`http://${running.address}`);
    const call = session.request({
      ':method': 'POST',
      ':path': REPORT,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.write(bytes);
    const headers = once(call, 'response').then(([received]) => received as Record<string, unknown>);
    return { headers, close: () => session.destroy() };
  }

  const messages: readonly (readonly [string, Uint8Array, number])[] = [
    ['a message beyond the limit', new Uint8Array(MESSAGE_BYTES + 1), RESOURCE_EXHAUSTED],
    ['random bytes', Uint8Array.from({ length: 999 }, (_, i) => (i * 7919) % 251), INVALID_ARGUMENT],
    ['a message cut off', spansMessage(10).subarray(0, 90), INVALID_ARGUMENT],
  ];
  for (const [title, bytes, code] of messages) {
    it(`ends a call with ${title} and goes on serving`, async () => {
      const client = running.client();
      expect(await failureOf(client.report(bytes))).to.include({ code });
      const stream = client.stream();
      stream.write(bytes);
      expect(await failureOf(stream.ack())).to.include({ code });
      expect(await client.report(spansMessage(1))).to.include({ accepted: 1 });
    });
  }

  it('refuses more calls than it may have open, and takes new ones when some ended', async () => {
    const client = running.client();
    const streams = Array.from({ length: 4 }, () => client.stream());
    for (const stream of streams) stream.write(spansMessage(1));
    for (const stream of streams) await stream.ack();
    const other = running.client({ channel: { 'grpc.use_local_subchannel_pool': 1 } });
    const refused = await failureOf(other.report(spansMessage(1)));
    expect(refused)
      .to.include({ code: RESOURCE_EXHAUSTED })
      .and.property('details')
      .contains('limits.streams');
    streams[0].end();
    expect(await streams[0].ack()).to.equal(undefined);
    expect(await other.report(spansMessage(1))).to.include({ accepted: 1 });
  });

  it('bounds the memory of messages that do not end, and serves others all the same', async () => {
    const frame = Buffer.alloc(MESSAGE_BYTES - 1000);
    frame.writeUInt32BE(MESSAGE_BYTES - 500, 1);
    const session = connectHttp2(`http://${running.address}`, { settings: { initialWindowSize: 1 << 20 } });
    const slow = Array.from({ length: 3 }, () => {
      const call = session.request({
        ':method': 'POST',
        ':path': REPORT,
        'content-type': 'application/grpc',
      });
      call.write(frame);
      return call;
    });
    const { receiving } = await poll('all has come', async () => {
      const { receivingBytes } = running.server.receiving();
      return receivingBytes >= 3 * MESSAGE_BYTES ? { receiving: receivingBytes } : undefined;
    });
    expect(receiving).to.be.at.most(3 * 2 ** 17);
    expect(await running.client().report(spansMessage(1))).to.include({ accepted: 1 });
    for (const call of slow) call.close();
    await poll('all is given back', async () => running.server.receiving().receivingBytes === 0 || undefined);
    session.destroy();
  });

  it('ends a call whose message does not arrive within half a minute', async () => {
    const { headers, close } = halfCall(Buffer.from([0, 0, 0, 0, 50, 34]));
    await running.client().report(spansMessage(1));
    await running.clock.advance(25_000);
    await running.clock.advance(10_000);
    expect(await headers).to.include({ 'grpc-status': String(DEADLINE_EXCEEDED) });
    close();
  });

  it('ends a stream that is silent for more than ten minutes', async () => {
    const stream = running.client().stream();
    stream.write(spansMessage(1));
    await stream.ack();
    await running.clock.advance(590_000);
    stream.write(spansMessage(1));
    expect(await stream.ack()).to.include({ sequence: 0 });
    const ended = failureOf(stream.ack());
    await running.clock.advance(606_000);
    expect(await ended).to.include({ code: DEADLINE_EXCEEDED });
  });

  it('refuses a call of Report with two messages, and counts neither', async () => {
    const message = spansMessage(1);
    const frame = frameOf(message);
    const { headers, close } = halfCall(Buffer.concat([frame, frame]));
    expect(await headers).to.include({ 'grpc-status': String(INVALID_ARGUMENT) });
    expect(running.sink.spans).to.have.length(0);
    expect(await running.client().report(message)).to.include({ accepted: 1 });
    close();
  });

  it('refuses a call without a message', async () => {
    const session = connectHttp2(`http://${running.address}`);
    const call = session.request({ ':method': 'POST', ':path': REPORT, 'content-type': 'application/grpc' });
    call.end();
    const [headers] = await once(call, 'response');
    expect(headers).to.include({ 'grpc-status': String(INVALID_ARGUMENT) });
    session.destroy();
  });

  it('outlives connections that say nothing, something else, or break off', async () => {
    const silent = await rawConnection();
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', Buffer.alloc(5000, 0xa5)]) {
      const socket = await rawConnection();
      socket.resume().write(bytes);
      await once(socket, 'close');
    }
    (await rawConnection()).resetAndDestroy();
    expect(await running.client().report(spansMessage(1))).to.include({ accepted: 1 });
    expect(silent.destroyed).to.equal(false);
  });

  it('holds no more connections than calls', async () => {
    const held = await Promise.all(Array.from({ length: 4 }, rawConnection));
    const fifth = await rawConnection();
    await once(fifth, 'close');
    expect(held.every((socket) => !socket.destroyed)).to.equal(true);
  });

  it('reads no further while a client does not take its acks, and the rest once it does', async () => {
    const session = connectHttp2(`http://${running.address}`, { settings: { initialWindowSize: 1000 } });
    const call = session.request({ ':method': 'POST', ':path': STREAM, 'content-type': 'application/grpc' });
    const message = spansMessage(1);
    const frame = frameOf(message);
    call.end(Buffer.concat(Array.from({ length: 5000 }, () => frame)));
    for (let turn = 0; turn < 50; turn++) await running.client().report(spansMessage(0));
    expect(running.sink.spans).to.have.length.within(1000, 3000);
    call.resume();
    await once(call, 'close');
    expect(running.sink.spans).to.have.length(5000);
    session.destroy();
  });

  it('has counters that add up to what was sent', async () => {
    const client = running.client();
    const producerId = Buffer.from('producer');
    await client.report(spansMessage(7, { producerId, sequence: 1, dropped: 2 }));
    await client.report(spansMessage(7, { producerId, sequence: 1, dropped: 2 }));
    await failureOf(client.report(Buffer.from([34])));
    const stream = client.stream();
    stream.write(spansMessage(3, { series: { model: 'x'.repeat(300) } }));
    await stream.ack();
    stream.write(Buffer.concat([spansMessage(1), Buffer.from([34, 0])]));
    await stream.ack();
    const [report, streamed] = running.intake.counts();
    expect(report).to.deep.include({
      received: 14,
      accepted: 7,
      duplicate: 7,
      rejected: {},
      malformed: 1,
      clientDropped: 2,
    });
    expect(streamed).to.deep.include({
      received: 5,
      accepted: 4,
      rejected: { time_out_of_range: 1 },
      malformed: 0,
    });
    expect(running.sink.spans).to.have.length(11);
  });
});

describe('span server, overloaded', () => {
  const sessions: ClientHttp2Session[] = [];
  let running: RunningServer;
  beforeEach(async () => {
    running = await RunningServer.start({ limits: { messageBytes: 4 << 20, streams: 100 } });
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    await running.stop();
  });

  function open(path: string, windowBytes = 1 << 16): ClientHttp2Stream {
    const session = connectHttp2(`http://${running.address}`, {
      settings: { initialWindowSize: windowBytes },
    });
    session.on('error', () => {});
    sessions.push(session);
    const call = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    call.on('error', () => {});
    return call;
  }

  it('holds so much of messages that do not end, sends the others away, and takes them when there is room', async () => {
    const piece = Buffer.alloc(1_900_000);
    piece.writeUInt32BE(4_000_000, 1);
    const statuses: unknown[] = [];
    const slow = Array.from({ length: 40 }, () => {
      const call = open(REPORT);
      call.on('response', (headers) => statuses.push(headers['grpc-status']));
      call.write(piece);
      return call;
    });
    await poll('some are sent away', async () => (statuses.length >= 20 ? true : undefined));
    expect(new Set(statuses)).to.deep.equal(new Set([String(UNAVAILABLE)]));
    const { receivingBytes, maxReceivingBytes } = running.server.receiving();
    expect(receivingBytes).to.be.within(maxReceivingBytes / 2, maxReceivingBytes);
    // Of some the answer may still be on its way.
    expect(running.refusals.counts()).to.have.all.keys('overload').and.property('overload').at.least(20);
    for (const call of slow) call.close();
    await poll('all is given back', async () => running.server.receiving().receivingBytes === 0 || undefined);
    expect(await running.client().report(spansMessage(20_000))).to.include({ accepted: 20_000 });
  });

  it('lets so many streams stand still whose acks nobody takes', async () => {
    const frame = frameOf(spansMessage(1));
    const batches = Buffer.concat(Array.from({ length: 4000 }, () => frame));
    const slow = Array.from({ length: 20 }, () => open(STREAM, 1000));
    for (const call of slow) call.write(batches);
    await poll('some are ended', async () => running.refusals.counts()['overload'] === 4 || undefined);
    for (const call of slow) call.close();
    const stream = running.client().stream();
    stream.write(spansMessage(1));
    expect(await stream.ack()).to.include({ accepted: 1 });
  });
});

function frameOf(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
}
