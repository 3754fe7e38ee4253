import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Point } from '../../agent/core/point.ts';
import type { PointRow } from '../../agent/dashboard/web/api-answers.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { poll } from '../poll.ts';
import { HttpHarness } from './http-harness.ts';
import { createPoint } from './sample-agent.ts';

const NOW_MS = 1_800_000_000_000;

describe('the live stream', () => {
  const clock = new ManualClock(NOW_MS);
  let harness: HttpHarness;
  let readers: StreamReader[];

  beforeEach(async () => {
    readers = [];
    harness = new HttpHarness({}, {}, clock);
    await harness.server.start();
  });
  afterEach(async () => {
    for (const reader of readers) reader.close();
    await harness.stop();
  });

  async function open(query = ''): Promise<StreamReader> {
    const reader = await StreamReader.open(harness.port, `/api/v1/stream${query}`);
    readers.push(reader);
    return reader;
  }

  const points: readonly Point[] = [
    createPoint(NOW_MS),
    createPoint(NOW_MS, { variant: 'int8' }),
    createPoint(NOW_MS, { variant: 'int8', window: '1m' }),
    createPoint(NOW_MS, { variant: 'fp32', model: 'bert' }),
  ];
  const filters: [query: string, expected: string[]][] = [
    ['', ['resnet50 fp32 10s', 'resnet50 int8 10s', 'resnet50 int8 1m', 'bert fp32 10s']],
    ['?model=resnet50&window=10s', ['resnet50 fp32 10s', 'resnet50 int8 10s']],
    ['?variant=int8&variant=fp16', ['resnet50 int8 10s', 'resnet50 int8 1m']],
    ['?measurement=inference&model=bert', ['bert fp32 10s']],
  ];
  for (const [query, expected] of filters) {
    it(`passes on ${expected.length} of 4 points for "${query}"`, async () => {
      const reader = await open(query);
      harness.feed.publish(points);
      await reader.waitFor('event: points');
      const names = reader.rows().map(({ tags }) => `${tags['model']} ${tags['variant']} ${tags['window']}`);
      expect(names).to.deep.equal(expected);
    });
  }

  it('tells when to come back, and beats while there is nothing to say', async () => {
    const reader = await open();
    await reader.waitFor('retry: 2000');
    await clock.advance(15_000);
    await reader.waitFor('\n:\n');
  });

  it('says nothing of what the filter holds back', async () => {
    const reader = await open('?measurement=inference_phase');
    harness.feed.publish(points);
    await clock.advance(15_000);
    await reader.waitFor('\n:\n');
    expect(reader.text).not.to.contain('event: points');
  });

  it('takes 32 clients, turns the next one away and counts it', async () => {
    for (let index = 0; index < 32; index++) await open();
    expect((await harness.get('/api/v1/stream')).status).to.equal(503);
    const status = JSON.parse((await harness.get('/api/v1/status')).body);
    expect(status.streams).to.deep.equal({ clients: 32, dropped: 0, refused: 1 });
  });

  it('drops a client that does not read, counts it, and serves the others', async () => {
    const slow = await open();
    slow.pause();
    const quick = await open('?variant=int8');
    const many = Array.from({ length: 5000 }, (_, index) => createPoint(NOW_MS + index));
    const streams = async (): Promise<{ dropped: number; clients: number }> =>
      JSON.parse((await harness.get('/api/v1/status')).body).streams;
    const dropped = await poll('the slow client is dropped', async () => {
      harness.feed.publish(many);
      const counts = await streams();
      return counts.dropped > 0 ? counts : undefined;
    });
    expect(dropped).to.include({ dropped: 1, clients: 1 });
    harness.feed.publish(points);
    await quick.waitFor('event: points');
  });

  it('forgets a client that leaves', async () => {
    (await open()).close();
    await poll('the client is forgotten', async () => {
      const { clients } = JSON.parse((await harness.get('/api/v1/status')).body).streams;
      return clients === 0 ? true : undefined;
    });
  });

  it('ends its clients when the server stops', async () => {
    const reader = await open();
    await harness.server.stop(new AbortController().signal);
    await reader.closed;
  });
});

/** A client that shows what came over the wire, and can stop reading. */
class StreamReader {
  readonly #socket: Socket;
  readonly closed: Promise<unknown>;
  text = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.setEncoding('utf8').on('data', (chunk) => (this.text += chunk));
    socket.on('error', () => socket.destroy());
  }

  static async open(port: number, path: string): Promise<StreamReader> {
    const socket = connect(port, '127.0.0.1');
    const reader = new StreamReader(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await reader.waitFor('retry:');
    return reader;
  }

  rows(): PointRow[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].flatMap((match) => JSON.parse(match[1]).points);
  }

  async waitFor(text: string): Promise<void> {
    await poll(
      `the stream says ${text}`,
      async () => this.text.replaceAll('\r', '').includes(text) || undefined,
    );
  }

  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }
}
