import { Worker } from 'node:worker_threads';
import type { Config } from '../config/config.ts';

export interface ProgramThreadData {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

/** What the thread says; `run` at most once. */
export type ProgramMessage =
  | { readonly kind: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'run'; readonly config: Config };

/** Parses the command line of `run` in a thread of its own; resolves once that has ended. Rejects for bugs. */
export function launchProgram(
  data: ProgramThreadData,
  receive: (message: ProgramMessage) => void,
): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./program-thread.${extension}`, import.meta.url), { workerData: data });
  return new Promise((resolve, reject) => {
    worker.on('message', receive);
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
}
