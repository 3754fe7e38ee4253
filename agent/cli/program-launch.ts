import type { Config } from '../config/config.ts';
import { launchThread } from '../core/launch-thread.ts';

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
  const worker = launchThread('./program-thread', import.meta.url, { workerData: data });
  return new Promise((resolve, reject) => {
    worker.on('message', receive);
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
}
