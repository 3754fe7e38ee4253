import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ExportQueue } from '../../../agent/ingest/otlp/forward/export-queue.ts';
import { ExtraHeaders } from '../../../agent/ingest/otlp/forward/extra-headers.ts';
import {
  decodePartialSuccess,
  parsePartialSuccess,
} from '../../../agent/ingest/otlp/forward/partial-success.ts';
import { decodeRetryInfo, parseRetryAfter } from '../../../agent/ingest/otlp/forward/retry-time.ts';
import { RetryWait } from '../../../agent/ingest/otlp/forward/retry-wait.ts';

const NOTHING = { rejectedItems: 0, reason: '' };

describe('the queue of exports', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), bytes: fc.integer({ min: 0, max: 30_000 }) }),
    fc.record({ kind: fc.constant('round' as const), taken: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ kind: fc.constant('expire' as const), age: fc.integer({ min: 0, max: 20 }) }),
  );

  it('stays within its bytes, keeps the order and what is in it, and loses none uncounted, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new ExportQueue(100_000);
        let pushed = 0;
        let gone = 0;
        let lastSettledMs = -1;
        for (const action of steps) {
          if (action.kind === 'push') gone += push(queue, pushed++, action.bytes);
          else if (action.kind === 'expire') gone += queue.dropBefore(pushed - action.age);
          else {
            const round = queue.take(4, 25_000);
            for (const { sent, sinceMs } of round) {
              expect(sent.bytes.every((byte) => byte === sinceMs % 256)).to.equal(true);
            }
            const settled = round.slice(0, action.taken);
            for (const entry of settled) queue.settle(entry);
            queue.putBack(round.slice(action.taken));
            gone += settled.length;
            for (const { sinceMs } of settled) {
              expect(sinceMs).to.be.above(lastSettledMs);
              lastSettledMs = sinceMs;
            }
          }
          expect(queue.bytes).to.be.within(0, 100_000);
          expect(queue.count + gone).to.equal(pushed);
        }
        queue.dropBefore(Number.POSITIVE_INFINITY);
        expect([queue.count, queue.bytes]).to.deep.equal([0, 0]);
      }),
    );
  });

  it('takes thousands in and out in their order', () => {
    const queue = new ExportQueue(1 << 30);
    for (let i = 0; i < 5000; i++) push(queue, i, 1);
    const seen: number[] = [];
    while (!queue.isEmpty) {
      for (const entry of queue.take(7, 1 << 20)) {
        seen.push(entry.sinceMs);
        queue.settle(entry);
      }
    }
    expect(seen).to.deep.equal(Array.from({ length: 5000 }, (_, i) => i));
  });
});

describe('what a far end answers', () => {
  const answers: readonly [string, string, object][] = [
    ['nothing', '', NOTHING],
    ['a partial success', '0a0708031203616263', { rejectedItems: 3, reason: 'abc' }],
    ['one with a field that nobody knows', '0a09080312036162631801', { rejectedItems: 3, reason: 'abc' }],
    ['a warning alone', '0a0512036f6c64', { rejectedItems: 0, reason: 'old' }],
    ['a cut message', '0a070803', NOTHING],
    ['no protobuf', 'ffffffffffffffffffffffff', NOTHING],
  ];
  for (const [name, hex, expected] of answers) {
    it(`reads ${name}`, () => {
      expect(decodePartialSuccess(Buffer.from(hex, 'hex'))).to.deep.equal(expected);
    });
  }

  const documents: readonly [string, object][] = [
    ['{}', NOTHING],
    ['{"partialSuccess":{}}', NOTHING],
    ['{"partialSuccess":null}', NOTHING],
    ['{"partialSuccess":{"rejectedLogRecords":7}}', { rejectedItems: 7, reason: '' }],
    ['{"partialSuccess":{"rejectedDataPoints":"7","errorMessage":"x"}}', { rejectedItems: 7, reason: 'x' }],
    ['<html>', NOTHING],
  ];
  for (const [text, expected] of documents) {
    it(`reads ${text}`, () => expect(parsePartialSuccess(text)).to.deep.equal(expected));
  }

  const times: readonly [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['0', 0],
    [' 120 ', 120_000],
    ['Fri, 15 Jan 2027 08:00:10 GMT', 10_000],
    ['Fri, 15 Jan 2027 07:00:00 GMT', 0],
  ];
  for (const [text, expected] of times) {
    it(`reads Retry-After ${text} as ${expected} ms`, () => {
      expect(parseRetryAfter(text, 1_800_000_000_000)).to.equal(expected);
    });
  }

  it('finds no RetryInfo in what is cut or is none', () => {
    for (const hex of ['', '08081204', '1a021200', 'ff', '1a060a0166120100']) {
      expect(decodeRetryInfo(Buffer.from(hex, 'hex')), hex).to.equal(undefined);
    }
  });
});

describe('the wait before exports are repeated', () => {
  it('doubles up to 30 s, anew after a success, and is what the far end named, up to 5 minutes', () => {
    const wait = new RetryWait(() => 0);
    const grown = Array.from({ length: 7 }, () => wait.nextMs(undefined));
    expect(grown).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect([wait.nextMs(7), wait.nextMs(1e9)]).to.deep.equal([7, 300_000]);
    wait.reset();
    expect(wait.nextMs(undefined)).to.equal(1000);
    expect(new RetryWait(() => 0.999).nextMs(undefined)).to.be.within(1200, 1250);
  });
});

describe('headers of forwarded exports', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'forward-'));
    path = join(folder, 'headers');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('come from the config and from a file, whose word counts, and which is read again', async () => {
    const headers = new ExtraHeaders({ 'X-Tenant': 'a', Authorization: 'old' }, path);
    writeFileSync(path, '# of the tracing team\n\nAuthorization: Bearer one\nx-more:b:c\n');
    const first = await headers.read();
    expect(first).to.deep.equal({
      ok: true,
      headers: { 'x-tenant': 'a', authorization: 'Bearer one', 'x-more': 'b:c' },
    });
    writeFileSync(path, 'authorization: Bearer second\n');
    expect(await headers.read()).to.deep.include({
      headers: { 'x-tenant': 'a', authorization: 'Bearer second' },
    });
    expect(headers.withoutSecrets('the token second is bad')).to.equal('the token *** is bad');
  });

  const bad: readonly [string, string | undefined, string][] = [
    ['a file that is not there', undefined, 'cannot be read: ENOENT'],
    ['a line without a name', 'a: b\ns3cret\n', 'line 2 of'],
    ['a header that is ours', 'Content-Length: 1', 'is written by the agent itself'],
    ['a file that is too large', 'a'.repeat(70_000), 'is larger than 65536 bytes'],
  ];
  for (const [name, text, reason] of bad) {
    it(`says what is wrong with ${name}, without what is in it`, async () => {
      if (text !== undefined) writeFileSync(path, text);
      const result = await new ExtraHeaders({}, path).read();
      expect(result.ok ? '' : result.reason)
        .to.contain(reason)
        .and.contain(path)
        .and.not.contain('s3cret');
    });
  }
});

/** Its bytes are all the low byte of its time, and something else as soon as they are the sender's again. */
function push(queue: ExportQueue, sinceMs: number, length: number): number {
  const bytes = Buffer.alloc(length, sinceMs % 256);
  const dropped = queue.push({ signal: 'traces', format: 'protobuf', bytes, trail: '' }, sinceMs);
  bytes.fill(~sinceMs);
  return dropped;
}
