import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Another process that writes transactions of 50 rows into `state.db` without end. */
export interface WriterProcess {
  /** Resolves with the number of the last batch known to be committed, once there are `count` of them. */
  confirmations(count: number): Promise<number>;
  /** SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** Resolves when the process has opened the store. */
export async function spawnWriter(directory: string): Promise<WriterProcess> {
  const program = fileURLToPath(new URL('./writer-program.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import=tsx', program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async confirmations(count) {
      let last = -1;
      for (let i = 0; i < count; i++) last = Number((await lines.next()).value);
      return last;
    },
    async kill() {
      if (!child.kill('SIGKILL')) return;
      await once(child, 'exit');
    },
  };
}
