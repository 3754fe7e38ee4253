import { expect } from 'chai';
import { ApiClient } from '../../../agent/dashboard/web/api-client.ts';
import { Session } from '../../../agent/dashboard/web/session.ts';
import { poll } from '../../poll.ts';
import { createRow } from './sample-rows.ts';

const NOW_MS = 1_800_000_000_000;
const TARGET = { model: 'resnet50', window: '1m', windowMs: 60_000, rangeMs: 900_000 };

/** An agent that answers from a table by path, and counts what it was asked. */
class ScriptedAgent {
  readonly answers = new Map<string, () => Response>();
  readonly asked: string[] = [];

  readonly fetch = async (path: unknown): Promise<Response> => {
    const [name] = String(path).split('?', 1);
    this.asked.push(String(path));
    return this.answers.get(name)?.() ?? new Response('{"error":"x","message":"down"}', { status: 503 });
  };
}

describe('Session', () => {
  let agent: ScriptedAgent;
  let session: Session;
  let wake: () => void;

  beforeEach(() => {
    agent = new ScriptedAgent();
    agent.answers.set('api/v1/status', () => Response.json({ nowMs: NOW_MS + 500 }));
    agent.answers.set('api/v1/series', () => Response.json({ series: [] }));
    agent.answers.set('api/v1/stream', () => new Response(new ReadableStream()));
    const row = createRow(NOW_MS, { variant: 'int8' }, { requests: 5 });
    agent.answers.set('api/v1/points', () =>
      Response.json({ source: 'memory', truncated: false, rows: [row] }),
    );
    session = new Session({
      api: new ApiClient({ fetch: agent.fetch as typeof fetch, token: () => undefined }),
      changed: () => undefined,
      sleep: () => new Promise((resolve) => (wake = resolve)),
      nowMs: () => NOW_MS,
    });
  });

  const becomes = (connection: string): Promise<boolean> =>
    poll(`the session is ${connection}`, async () => session.connection === connection || undefined);

  it('tells the time of the agent, not of the browser', async () => {
    void session.run();
    await becomes('live');
    expect(session.nowMs).to.equal(NOW_MS + 500);
  });

  it('asks for the past once the stream is open', async () => {
    session.follow(TARGET);
    await poll('the past is here', async () => session.store.requests('int8').length > 0 || undefined);
    expect(session.connection).to.equal('live');
    const queries = agent.asked.filter((path) => path.startsWith('api/v1/points'));
    expect(queries[0]).to.contain(
      'measurement=inference&model=resnet50&window=1m&from=1799999100000&every=900',
    );
    expect(session.pastNote).to.contain('memory');
  });

  it('stays live while the stream lives, even if a question goes unanswered', async () => {
    session.follow(TARGET);
    await becomes('live');
    agent.answers.delete('api/v1/status');
    void session.run();
    await poll('the state was asked for', async () => agent.asked.includes('api/v1/status') || undefined);
    expect(session.connection).not.to.equal('lost');
  });

  it('is lost when the stream cannot be had', async () => {
    agent.answers.delete('api/v1/stream');
    session.follow(TARGET);
    await becomes('lost');
    expect(session.lostAtMs).to.equal(NOW_MS);
  });

  it('asks nothing more once a token is needed', async () => {
    agent.answers.set('api/v1/status', () => Response.json({ message: 'no' }, { status: 401 }));
    void session.run();
    await becomes('refused');
    const before = agent.asked.length;
    session.follow(TARGET);
    wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(agent.asked).to.have.length(before);
  });
});
