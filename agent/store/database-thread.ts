import { parentPort } from 'node:worker_threads';
import type { SqlStatement } from '../core/database.ts';
import { buffersOf, freeBuffers } from './blob-buffers.ts';
import { loadSqlite } from './sqlite-driver.ts';
import { isDamage, isMarkedDamaged, putAside, SqliteFile } from './sqlite-file.ts';
import type { ThreadReply, ThreadRequest } from './thread-protocol.ts';

/** The database thread: serves requests one after the other, over any number of files. */
if (parentPort === null) throw new Error('bug: the database thread was started as a program');
const port = parentPort;
const connect = await loadSqlite();
const files = new Map<string, SqliteFile>();
const held: { close(): void }[] = [];
let pending: SqlStatement[] = [];

port.on('message', (request: ThreadRequest) => {
  if (request.kind === 'statements') {
    pending.push(...request.statements);
    return;
  }
  const reply = answer(request);
  port.postMessage(reply, reply.kind === 'rows' ? buffersOf(reply.rows.map(Object.values)) : []);
  if (request.kind === 'close') port.close();
});

function answer(request: Exclude<ThreadRequest, { kind: 'statements' }>): ThreadReply {
  try {
    return serve(request);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

function serve(request: Exclude<ThreadRequest, { kind: 'statements' }>): ThreadReply {
  switch (request.kind) {
    case 'lock':
      lock(request.path);
      return { kind: 'done' };
    case 'open':
      return { kind: 'opened', putAside: open(request) };
    case 'transaction': {
      const statements = pending;
      pending = [];
      try {
        fileOf(request.path).transaction(statements);
      } finally {
        freeBuffers(buffersOf(statements.flatMap(({ rows = [] }) => rows)));
      }
      return { kind: 'done' };
    }
    case 'query':
      return { kind: 'rows', rows: fileOf(request.path).query(request.sql, request.parameters) };
    case 'check':
      return { kind: 'checked', damage: fileOf(request.path).check() };
    case 'close':
      for (const file of [...files.values(), ...held]) file.close();
      return { kind: 'done' };
  }
}

/** Holds SQLite's lock on a file of its own: the system releases it however the process ends. */
function lock(path: string): void {
  const connection = connect(path);
  try {
    connection.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    throw error;
  }
  held.push(connection);
}

/** Returns where a damaged file was put, if the file was. */
function open(request: Extract<ThreadRequest, { kind: 'open' }>): string | undefined {
  const { path, options, nowMs } = request;
  let aside = isMarkedDamaged(path) ? putAside(path, nowMs, options) : undefined;
  try {
    files.set(path, SqliteFile.open(connect, path, options));
  } catch (error) {
    if (!isDamage(error)) throw error;
    aside = putAside(path, nowMs, options);
    files.set(path, SqliteFile.open(connect, path, options));
  }
  return aside;
}

function fileOf(path: string): SqliteFile {
  const file = files.get(path);
  if (file === undefined) throw new Error(`bug: ${path} is not open`);
  return file;
}
