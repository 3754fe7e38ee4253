import { expect } from 'chai';
import { ApiClient } from '../../../agent/dashboard/web/api-client.ts';
import { EventStreamParser } from '../../../agent/dashboard/web/event-stream-parser.ts';
import { FeedClient } from '../../../agent/dashboard/web/feed-client.ts';

const EVENT = 'event: points\ndata: {"points":[{"time":1}]}\n\n';

describe('EventStreamParser', () => {
  const text = `retry: 2000\n\n:\n\n${EVENT}data: a\r\ndata: b\r\n\r\nevent: empty\n\n`;
  const expected = [
    { type: 'points', data: '{"points":[{"time":1}]}' },
    { type: 'message', data: 'a\nb' },
  ];
  for (const size of [1, 3, 1000]) {
    it(`reads events that come in pieces of ${size}`, () => {
      const parser = new EventStreamParser();
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(pieces.flatMap((piece) => parser.push(piece))).to.deep.equal(expected);
    });
  }
});

describe('FeedClient', () => {
  /** Follows a feed that answers as scripted, until there is no answer left. */
  async function follow(answers: readonly (() => Response)[], token?: string): Promise<object> {
    const events: string[] = [];
    const slept: number[] = [];
    const sent: (string | null)[] = [];
    const done = new AbortController();
    const left = [...answers];
    const fetch = async (_path: unknown, init?: RequestInit): Promise<Response> => {
      sent.push(new Headers(init?.headers).get('authorization'));
      const answer = left.shift();
      if (answer !== undefined) return answer();
      done.abort();
      throw new Error('refused');
    };
    const listener = {
      opened: () => events.push('opened'),
      received: (rows: readonly object[]) => events.push(`received ${rows.length}`),
      lost: () => events.push('lost'),
      refused: () => events.push('refused'),
    };
    const sleep = (delayMs: number, signal: AbortSignal): Promise<void> => {
      if (delayMs >= 40_000)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      slept.push(delayMs);
      return Promise.resolve();
    };
    const api = new ApiClient({ fetch: fetch as typeof globalThis.fetch, token: () => token });
    await new FeedClient(api, listener, sleep).run(new URLSearchParams('model=m'), done.signal);
    return { events, slept, sent: sent[0] };
  }
  const stream = () => new Response(EVENT);
  const broken = () => new Response('{"error":"x","message":"no"}', { status: 503 });
  const locked = () => new Response('{"error":"token_needed","message":"no"}', { status: 401 });

  it('comes back when the stream ends, slower while it cannot be had', async () => {
    expect(await follow([stream, broken, broken, broken, broken, broken, stream])).to.deep.equal({
      events: [
        ...['opened', 'received 1', 'lost'],
        ...['lost', 'lost', 'lost', 'lost', 'lost'],
        ...['opened', 'received 1', 'lost'],
      ],
      slept: [1000, 2000, 4000, 8000, 10_000, 10_000, 1000],
      sent: null,
    });
  });

  it('stops where a token is needed', async () => {
    expect(await follow([locked])).to.deep.equal({ events: ['refused'], slept: [], sent: null });
  });

  it('sends the token in a header', async () => {
    expect(await follow([locked], 'open-sesame')).to.include({ sent: 'Bearer open-sesame' });
  });
});
