import { expect } from 'chai';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { encodeBatch } from './span-batch-codec.ts';

const LATENESS_MS = 30_000;
const INTERVAL_MS = 10_000;
const FORGET_AFTER_MS = 2 * (LATENESS_MS + INTERVAL_MS);

describe('dedupe', () => {
  let clock: ManualClock;
  let database: MemoryDatabase;
  beforeEach(() => {
    clock = new ManualClock();
    database = new MemoryDatabase();
  });
  afterEach(() => database.close());

  function open() {
    const sink = new RecordingSink();
    const log = new SilentLogger();
    const options = { latenessMs: LATENESS_MS, intervalMs: INTERVAL_MS, labels: [] };
    return { sink, log, intake: new SpanIntake(options, sink, clock, log) };
  }

  function batch(producer: string, sequence: number | bigint, spans = 1): Uint8Array {
    const startUnixNano = BigInt(Math.floor(clock.wallMs())) * 1_000_000n;
    const rows = Array.from({ length: spans }, () => ({ model: 'm', startUnixNano }));
    return encodeBatch({ producerId: Buffer.from(producer), sequence, spans: [...rows, {}] });
  }

  async function commit(intake: SpanIntake): Promise<void> {
    const captured = intake.capture();
    await database.transaction([{ sql: intake.schema }, ...(await captured.statements())]);
    captured.committed();
  }

  async function reopen() {
    const opened = open();
    await database.transaction([{ sql: opened.intake.schema }]);
    await opened.intake.restore(database);
    return opened;
  }

  const storedRows = async (): Promise<unknown> => {
    const [row] = await database.query('SELECT count(*) AS n FROM dedupe_producers');
    return row['n'];
  };

  it('counts a batch that comes again once, with the figures of the first time', () => {
    const { intake, sink } = open();
    const bytes = batch('a', 1, 3);
    expect(intake.receive(bytes, 'report')).to.deep.include({ accepted: 3, rejected: 1, duplicate: false });
    expect(intake.receive(bytes, 'stream')).to.deep.include({ accepted: 3, rejected: 1, duplicate: true });
    expect(sink.spans).to.have.length(3);
    expect(intake.counts()[1]).to.deep.include({ received: 4, duplicate: 4, accepted: 0 });
  });

  it('tells producers apart, and does without an id or a sequence', () => {
    const { intake, sink } = open();
    for (const producer of ['a', 'b', '\u0000', '']) intake.receive(batch(producer, 1, 1), 'report');
    intake.receive(batch('', 1), 'report');
    intake.receive(batch('a', 0), 'report');
    intake.receive(batch('a', 0), 'report');
    expect(sink.spans).to.have.length(7);
  });

  it('does not use up the sequence of a batch that does not parse', () => {
    const { intake } = open();
    const bytes = batch('a', 1);
    expect(intake.receive(Buffer.concat([bytes, Buffer.from([34])]), 'report')).to.include({
      kind: 'malformed',
    });
    expect(intake.receive(bytes, 'report')).to.include({ duplicate: false });
  });

  it('refuses ids of more than 32 bytes, and sequences of more than 2^53', () => {
    const { intake } = open();
    expect(intake.receive(batch('x'.repeat(33), 1), 'report')).to.include({ kind: 'malformed' });
    expect(intake.receive(batch('a', 2n ** 53n), 'report')).to.include({ kind: 'malformed' });
    expect(intake.receive(batch('x'.repeat(32), 2n ** 53n - 1n), 'report')).to.include({ kind: 'ack' });
  });

  it('still knows after a restart what was committed', async () => {
    const first = open();
    first.intake.receive(batch('a', 7, 2), 'report');
    await commit(first.intake);
    const second = await reopen();
    expect(second.intake.receive(batch('a', 7, 2), 'report')).to.include({ accepted: 2, duplicate: true });
    expect(second.intake.receive(batch('a', 8), 'report')).to.include({ duplicate: false });
  });

  it('writes only what changed, and again what a failed transaction did not write', async () => {
    const { intake } = open();
    intake.receive(batch('a', 1), 'report');
    await commit(intake);
    expect(await intake.capture().statements()).to.deep.equal([]);
    intake.receive(batch('a', 2), 'report');
    const failed = intake.capture();
    expect(await failed.statements()).to.have.length(1);
    failed.abandoned();
    await commit(intake);
    expect((await reopen()).intake.receive(batch('a', 2), 'report')).to.include({ duplicate: true });
  });

  it('takes what comes between a capture and its failure into the next one', async () => {
    const { intake } = open();
    intake.receive(batch('a', 1), 'report');
    const failed = intake.capture();
    intake.receive(batch('b', 1), 'report');
    failed.abandoned();
    await commit(intake);
    expect(await storedRows()).to.equal(2);
  });

  it('forgets a producer that was silent, in memory and on disk', async () => {
    const { intake } = open();
    intake.receive(batch('a', 1), 'report');
    await commit(intake);
    await clock.advance(FORGET_AFTER_MS + 1);
    await commit(intake);
    expect(await storedRows()).to.equal(0);
    expect(intake.receive(batch('a', 1), 'report')).to.include({ duplicate: false });
  });

  it('keeps one that goes on sending', async () => {
    const { intake } = open();
    for (let sequence = 1; sequence <= 10; sequence++) {
      intake.receive(batch('a', sequence), 'report');
      await clock.advance(FORGET_AFTER_MS / 2);
      await commit(intake);
    }
    expect(intake.receive(batch('a', 1), 'report')).to.include({ duplicate: true });
  });

  it('leaves out on restore what is too old', async () => {
    const { intake } = open();
    intake.receive(batch('a', 1), 'report');
    await commit(intake);
    await clock.advance(FORGET_AFTER_MS + 1);
    const second = await reopen();
    expect(await storedRows()).to.equal(0);
    expect(second.intake.receive(batch('a', 1), 'report')).to.include({ duplicate: false });
  });

  it('keeps 10,000 producers and lets the one silent longest go', async () => {
    const { intake } = open();
    intake.receive(batch('oldest', 1), 'report');
    await commit(intake);
    await clock.advance(1000);
    for (let i = 0; i < 9999; i++) intake.receive(batch(`p${i}`, 1), 'report');
    expect(intake.receive(batch('oldest', 1), 'report')).to.include({ duplicate: true });
    intake.receive(batch('newest', 1), 'report');
    expect(intake.receive(batch('oldest', 1), 'report')).to.include({ duplicate: true });
    expect(intake.receive(batch('p0', 1), 'report')).to.include({ duplicate: false });
    await commit(intake);
    expect(await storedRows()).to.equal(10_000);
  });

  it('says in the log if it could not read, and goes on', async () => {
    database.failure = new Error('disk I/O error');
    const { intake, log } = open();
    await intake.restore(database);
    expect(log.lines).to.have.length(1);
    expect(intake.receive(batch('a', 1), 'report')).to.include({ duplicate: false });
    database.failure = undefined;
  });

  it('passes over rows that it did not write', async () => {
    const { intake } = open();
    const insert = 'INSERT INTO dedupe_producers VALUES (?, ?, ?, ?)';
    const row = [Buffer.from('a'), 5, BigInt(Math.floor(clock.wallMs())), Buffer.from('short')];
    await database.transaction([{ sql: intake.schema }, { sql: insert, rows: [row] }]);
    const second = await reopen();
    expect(second.intake.receive(batch('a', 1), 'report')).to.include({ duplicate: false });
  });
});
