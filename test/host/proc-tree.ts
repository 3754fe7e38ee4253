import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../source-files.ts';

/** A root with /proc and /sys of its own, from recorded trees and single files; remove it after the test. */
export class ProcTree {
  readonly root = mkdtempSync(join(tmpdir(), 'infermeter-proc-'));

  /** Puts a recorded tree over what is there: `python-server/first`. */
  replay(capture: string): void {
    cpSync(join(ROOT, 'test/captures/proc', capture), this.root, { recursive: true });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
  }

  delete(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Files of one process. Times in 1/100 s. */
export function processFiles(
  pid: number,
  { name, program = name, ticks = 0, startTicks = 100, threads = 1, rssKiB = 1000, state = 'S' }: FakeProcess,
): Record<string, string> {
  const between = Array.from({ length: 9 }, () => 0).join(' ');
  return {
    [`proc/${pid}/comm`]: `${name}\n`,
    [`proc/${pid}/cmdline`]: `${program}\0--port\0${8000}\0`,
    [`proc/${pid}/status`]: `Name:\t${name}\nVmRSS:\t   ${rssKiB} kB\nThreads:\t${threads}\n`,
    [`proc/${pid}/stat`]: `${pid} (${name}) ${state} 1 ${between} ${ticks} 0 0 0 20 0 ${threads} 0 ${startTicks} 0 0\n`,
  };
}

interface FakeProcess {
  readonly name: string;
  readonly program?: string;
  readonly ticks?: number;
  readonly startTicks?: number;
  readonly threads?: number;
  readonly rssKiB?: number;
  readonly state?: string;
}
