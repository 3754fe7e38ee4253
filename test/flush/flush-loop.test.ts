import { expect } from 'chai';
import type { CapturedState, Checkpointed } from '../../agent/core/checkpoint.ts';
import type { Database, SqlStatement } from '../../agent/core/database.ts';
import { type Point, PointSeries } from '../../agent/core/point.ts';
import { Checkpointer } from '../../agent/flush/checkpointer.ts';
import { FlushLoop, type FlushParts } from '../../agent/flush/flush-loop.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';

const INTERVAL_MS = 10_000;

class FakeDatabase implements Database {
  failure: Error | undefined;
  readonly written: string[] = [];

  async transaction(statements: readonly SqlStatement[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.written.push(statements.map(({ sql }) => sql).join('; '));
  }

  async query(): Promise<readonly never[]> {
    return [];
  }
}

class FakePart implements Checkpointed {
  readonly schema: string;
  readonly events: string[];
  readonly #name: string;

  constructor(name: string, events: string[]) {
    this.#name = name;
    this.schema = `create ${name}`;
    this.events = events;
  }

  capture(): CapturedState {
    this.events.push(`capture ${this.#name}`);
    return {
      statements: async () => [{ sql: `write ${this.#name}` }],
      committed: () => this.events.push(`committed ${this.#name}`),
      abandoned: () => this.events.push(`abandoned ${this.#name}`),
    };
  }

  async restore(): Promise<void> {
    this.events.push(`restore ${this.#name}`);
  }
}

function setUp() {
  const clock = new ManualClock();
  const database = new FakeDatabase();
  const events: string[] = [];
  const point: Point = {
    series: new PointSeries('host', { host: 'h' }),
    fields: { cpu_ratio: 1 },
    timestampMs: 1,
  };
  let nextMs = clock.wallMs() + INTERVAL_MS;
  const parts: FlushParts = {
    windows: {
      nextFlushMs: () => nextMs,
      flush: async (nowMs, emit) => {
        nextMs += INTERVAL_MS;
        events.push(`flush at +${nowMs - 1_800_000_000_000}`);
        emit([point]);
      },
      finish: async () => void events.push('finish'),
    },
    join: { flush: async () => void events.push('join') },
    baselines: { flush: async () => void events.push('baselines') },
    readings: () => [point, point],
    publish: (points) => events.push(`publish ${points.length}`),
    seal: async () => void events.push('seal'),
    checkpointer: new Checkpointer([new FakePart('a', events), new FakePart('b', events)], database),
  };
  const log = new SilentLogger();
  return { clock, database, events, log, loop: new FlushLoop(parts, clock, log) };
}

describe('flush loop', () => {
  it('emits windows and readings, seals them, and commits all parts at once, captured together', async () => {
    const { clock, database, events, loop } = setUp();
    await loop.start();
    await clock.advance(INTERVAL_MS);
    expect(events).to.deep.equal([
      'flush at +10000',
      'publish 1',
      'join',
      'baselines',
      'publish 2',
      'seal',
      'capture a',
      'capture b',
      'committed a',
      'committed b',
    ]);
    expect(database.written).to.deep.equal(['write a; write b']);
    await loop.stop();
  });

  it('keeps going when the state cannot be written, says so, and recovers', async () => {
    const { clock, database, events, log, loop } = setUp();
    await loop.start();
    database.failure = new Error('disk full');
    await clock.advance(2 * INTERVAL_MS);
    expect(events.filter((event) => event.startsWith('abandoned'))).to.have.length(4);
    expect(loop.degradations()).to.deep.equal([
      { component: 'store', reason: 'cannot write the state: disk full', sinceMs: 1_800_000_010_000 },
    ]);
    expect(log.lines).to.deep.equal(['error cannot write the state: disk full']);
    database.failure = undefined;
    await clock.advance(INTERVAL_MS);
    expect(loop.degradations()).to.deep.equal([]);
    await loop.stop();
  });

  it('flushes and commits once more when it is stopped', async () => {
    const { database, events, loop } = setUp();
    await loop.start();
    await loop.stop();
    expect(events[0]).to.equal('finish');
    expect(database.written).to.have.length(1);
  });

  it('does nothing when it is stopped without having started', async () => {
    const { events, loop } = setUp();
    await loop.stop();
    expect(events).to.deep.equal([]);
  });
});
