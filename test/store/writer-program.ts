import { SystemClock } from '../../agent/core/clock.ts';
import { SqliteThread } from '../../agent/store/sqlite-thread.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';

/** Run as a process of its own, to be killed: prints `open`, then the number of each batch that is committed. */
const thread = new SqliteThread(process.argv[2], new SystemClock(), new SilentLogger());
await thread.start();
const database = await thread.open('state.db', { synchronous: 'full', maxBytes: 64 << 20 });
await database.transaction([{ sql: 'CREATE TABLE w (batch INTEGER, body BLOB)' }]);
console.log('open');
for (let batch = 0; batch < 100_000; batch++) {
  const rows = Array.from({ length: 50 }, () => [batch, new Uint8Array(500)]);
  await database.transaction([{ sql: 'INSERT INTO w VALUES (?, ?)', rows }]);
  console.log(batch);
}
