import { execFile } from 'node:child_process';
import { GpuFailure } from '../gpu-reader.ts';
import { createSmiFailure } from './smi-failure.ts';
import { parseLog, splitPrinted } from './smi-xml.ts';
import { elementsAt, textAt, type XmlTree } from './xml-tree.ts';

const PROGRAM = 'nvidia-smi';

/** Sixteen GPUs print some 450 kB. */
const MAX_PRINTED_BYTES = 4 * 1024 * 1024;

export interface SmiAnswer {
  /** The element `nvidia_smi_log`, with at least one GPU. */
  readonly log: XmlTree;
  /** What the program printed beside it, on stdout and stderr. */
  readonly said: string;
}

/** A run that has ended. */
export interface SmiRun {
  /** Its exit code, or why it did not start; undefined: ended by a signal. */
  readonly exit: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly error?: Error | null;
}

/**
 * Asks `nvidia-smi -q -x`, through node-nvidia-smi as long as that works. The package gives a reading up for any word
 * on stderr, and keeps to itself what a failing program said on stdout, which is where nvidia-smi says why. So once it
 * fails, this asks the program directly, then and ever after: a machine whose nvidia-smi warns warns each time.
 *
 * The program runs in this process's group: whoever ends the group leaves no orphan.
 */
export class SmiProgram {
  #direct = false;

  /** Rejects with a `GpuFailure`. `signal` ends a run that was asked directly, and the waiting in any case. */
  async ask(signal: AbortSignal): Promise<SmiAnswer> {
    if (!this.#direct) {
      const answer = await untilAborted(askPackage(), signal);
      if (answer !== undefined) return answer;
      this.#direct = true;
    }
    return untilAborted(askDirectly(signal), signal);
  }
}

/** Undefined: the package gave up, for whatever reason. */
async function askPackage(): Promise<SmiAnswer | undefined> {
  const { default: query } = await import('node-nvidia-smi');
  const tree = await new Promise<XmlTree>((resolve) => {
    query((error, answer) => resolve(error === null ? answer : undefined));
  });
  const log = elementsAt(tree, 'nvidia_smi_log')[0];
  if (elementsAt(log, 'gpu').length === 0) return undefined;
  return { log, said: textAt(log, '_') ?? '' };
}

async function askDirectly(signal: AbortSignal): Promise<SmiAnswer> {
  return understandRun(await run(signal));
}

/**
 * What a run printed, as an answer; rejects with a `GpuFailure` where it is none. A log with GPUs counts whatever the
 * exit code: one lost GPU of eight makes the program fail, and print the others.
 */
export async function understandRun({ exit, stdout, stderr, error }: SmiRun): Promise<SmiAnswer> {
  const { xml, said } = splitPrinted(stdout);
  const allSaid = `${stderr}\n${said}`;
  if (xml === undefined) throw createSmiFailure(allSaid, exit, error);
  const log = await parseLog(xml).catch((cause: unknown) => {
    throw new GpuFailure('failed', 'nvidia-smi: its answer is not XML', { cause });
  });
  if (elementsAt(log, 'gpu').length === 0) throw createSmiFailure(allSaid, exit, error);
  return { log, said: `${allSaid}\n${textAt(log, '_') ?? ''}` };
}

/** The signal of execFile itself would be SIGTERM, which a program that hangs may not hear. */
function run(signal: AbortSignal): Promise<SmiRun> {
  return new Promise((resolve) => {
    const end = (): boolean => child.kill('SIGKILL');
    const child = execFile(
      PROGRAM,
      ['-q', '-x'],
      { maxBuffer: MAX_PRINTED_BYTES, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        signal.removeEventListener('abort', end);
        resolve({ exit: error === null ? 0 : (error.code ?? undefined), stdout, stderr, error });
      },
    );
    signal.addEventListener('abort', end, { once: true });
  });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new GpuFailure('failed', 'nvidia-smi: the reader was closed'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
