import { expect } from 'chai';
import { OtlpIntake } from '../../../agent/ingest/otlp/otlp-intake.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { MemoryDatabase } from '../../fakes/memory-database.ts';
import { RecordingSink } from '../../fakes/recording-sink.ts';
import { SilentLogger } from '../../fakes/silent-logger.ts';
import { encodeExport } from './otlp-codec.ts';

const RULES = { latenessMs: 30_000, intervalMs: 10_000, labels: [], labelBytes: 256 };
const KEPT_MS = 80_000;

describe('spans of OTLP across a restart', () => {
  let clock: ManualClock;
  let database: MemoryDatabase;
  beforeEach(() => {
    clock = new ManualClock();
    database = new MemoryDatabase();
  });
  afterEach(() => database.close());

  async function start() {
    const log = new SilentLogger();
    const intake = new OtlpIntake(RULES, new RecordingSink(), clock, log);
    await database.transaction([{ sql: intake.checkpoint.schema }]).catch(() => {});
    await intake.checkpoint.restore(database);
    return { intake, log };
  }

  /** An export of spans with these ids, which complete now. */
  function exportOf(ids: readonly number[], fields: object = {}): Uint8Array {
    const endNs = BigInt(Math.floor(clock.wallMs())) * 1_000_000n;
    const spans = ids.map((id) => ({
      traceId: Buffer.alloc(16, 9),
      spanId: Buffer.from(id.toString(16).padStart(16, '0'), 'hex'),
      startTimeUnixNano: String(endNs - 1000n),
      endTimeUnixNano: String(endNs),
      attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'llama' } }],
      ...fields,
    }));
    return encodeExport({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  }

  function accepted(intake: OtlpIntake): readonly number[] {
    const [counts] = intake.counts();
    return [counts?.accepted ?? 0, counts?.duplicate ?? 0];
  }

  async function commit({ checkpoint }: OtlpIntake): Promise<void> {
    const captured = checkpoint.capture();
    try {
      await database.transaction(await captured.statements());
      captured.committed();
    } catch {
      captured.abandoned();
    }
  }

  it('counts once what comes again, of every flush before', async () => {
    const { intake } = await start();
    for (const ids of [[1, 2], [3], [4, 5]]) {
      intake.receive(exportOf(ids), 'otlp_grpc');
      await commit(intake);
      await clock.advance(10_000);
    }
    const { intake: next } = await start();
    next.receive(exportOf([1, 2, 3, 4, 5, 6]), 'otlp_grpc');
    expect(accepted(next)).to.deep.equal([1, 5]);
    await commit(next);
    const { intake: third } = await start();
    third.receive(exportOf([6, 7, 1]), 'otlp_grpc');
    expect(accepted(third)).to.deep.equal([1, 2]);
  });

  it('counts again what was counted after the last commit, for its windows are lost too', async () => {
    const { intake } = await start();
    intake.receive(exportOf([1]), 'otlp_grpc');
    await commit(intake);
    intake.receive(exportOf([2]), 'otlp_grpc');
    const { intake: next } = await start();
    next.receive(exportOf([1, 2]), 'otlp_grpc');
    expect(accepted(next)).to.deep.equal([1, 1]);
  });

  it('writes with the next flush what one could not write', async () => {
    const { intake } = await start();
    intake.receive(exportOf([1]), 'otlp_grpc');
    database.failure = new Error('database or disk is full');
    await commit(intake);
    database.failure = undefined;
    intake.receive(exportOf([2]), 'otlp_grpc');
    await commit(intake);
    const { intake: next } = await start();
    next.receive(exportOf([1, 2, 3]), 'otlp_grpc');
    expect(accepted(next)).to.deep.equal([1, 2]);
  });

  it('writes nothing of exports that do not parse, nor of spans that wait to be counted', async () => {
    const { intake } = await start();
    intake.receive(Buffer.concat([exportOf([1]), Buffer.from([10, 200, 1])]), 'otlp_grpc');
    const attributes = [
      { key: 'http.request.method', value: { stringValue: 'POST' } },
      { key: 'http.route', value: { stringValue: '/predict' } },
    ];
    const http = { kind: 2, attributes };
    intake.receive(exportOf([2], http), 'otlp_grpc');
    expect(intake.waiting().waiting).to.equal(1);
    await commit(intake);
    expect(await database.query('SELECT * FROM otlp_spans')).to.deep.equal([]);
  });

  it('keeps what it wrote as long as spans are remembered, then nothing, and writes nothing at rest', async () => {
    const { intake } = await start();
    intake.receive(exportOf([1]), 'otlp_grpc');
    await commit(intake);
    await clock.advance(KEPT_MS + 1);
    await commit(intake);
    expect(await database.query('SELECT * FROM otlp_spans')).to.deep.equal([]);
    const captured = intake.checkpoint.capture();
    expect(await captured.statements()).to.deep.equal([]);
  });

  it('says so when it cannot read what was written, and goes on', async () => {
    database.failure = new Error('disk I/O error');
    const { intake, log } = await start();
    expect(log.lines.join()).to.contain('count again');
    expect(intake.receive(exportOf([1]), 'otlp_grpc')).to.include({ kind: 'taken' });
  });
});
