import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What the fake does when it is called. Without `stdout` it prints nothing. */
export interface FakeSmiAnswer {
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** Before it prints on stdout. */
  readonly delaySeconds?: number;
  /** Never ends; `stubborn`: nor on SIGTERM, SIGINT or SIGHUP. */
  readonly hang?: 'gentle' | 'stubborn';
  /** Prints without end. */
  readonly endless?: boolean;
}

const CAPTURES = join(import.meta.dirname, '../../captures/nvidia-smi');

/** A recorded answer: `h100-busy`, `eight-gpus`, …; see test/captures/nvidia-smi. */
export function readCapture(name: string): string {
  return readFileSync(join(CAPTURES, `${name}.xml`), 'utf8');
}

/** The ways of nvidia-smi, by name; the texts and exit codes are those that the program has. */
const SMI_MODES = {
  healthy: { stdout: readCapture('eight-gpus') },
  one_lost: { stdout: readCapture('eight-gpus-one-lost') },
  one_gone: {
    stdout: readCapture('eight-gpus-one-gone'),
    stderr: 'Unable to determine the device handle for GPU3: 0000:61:00.0: Unknown Error\n',
  },
  warning: {
    stdout: readCapture('eight-gpus'),
    stderr: 'WARNING: infoROM is corrupted at gpu 0000:1B:00.0\n',
  },
  hang: { hang: 'gentle' },
  stubborn_hang: { hang: 'stubborn' },
  slow: { stdout: readCapture('eight-gpus'), delaySeconds: 0.5 },
  driver_mismatch: {
    stdout: 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.90\n',
    exitCode: 18,
  },
  no_driver: {
    stdout:
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n",
    exitCode: 9,
  },
  no_permission: { stdout: 'Failed to initialize NVML: Insufficient Permissions\n', exitCode: 4 },
  no_devices: { stdout: 'No devices were found\n', exitCode: 6 },
  all_lost: {
    stdout:
      'Unable to determine the device handle for GPU 0000:1B:00.0: GPU is lost.  Reboot the system to recover this GPU\n',
    exitCode: 15,
  },
  crash: { stderr: 'Segmentation fault (core dumped)\n', exitCode: 139 },
  garbage: { stdout: Uint8Array.from({ length: 4096 }, (_, index) => (index * 151) % 256) },
  empty: {},
  endless: { endless: true },
} as const satisfies Readonly<Record<string, FakeSmiAnswer>>;

export type SmiMode = keyof typeof SMI_MODES;

/**
 * An `nvidia-smi` in a folder of its own, to be put on the PATH of whoever looks for it. What it answers may change
 * at any time; a call that has begun keeps its answer. `remove` when the test is over.
 */
export class FakeNvidiaSmi {
  readonly folder = mkdtempSync(join(tmpdir(), 'fake-nvidia-smi-'));
  #answers = 0;
  #pathBefore: string | undefined;

  constructor(answer: SmiMode | FakeSmiAnswer = 'healthy') {
    this.answer(answer);
    symlinkSync(join(import.meta.dirname, 'fake-nvidia-smi.sh'), join(this.folder, 'nvidia-smi'));
  }

  /** The PATH of the test with the fake first. */
  get path(): string {
    return `${this.folder}${delimiter}${process.env['PATH'] ?? ''}`;
  }

  /** Puts it on this process's own PATH, until `remove`. */
  enterPath(): this {
    this.#pathBefore ??= process.env['PATH'] ?? '';
    process.env['PATH'] = this.path;
    return this;
  }

  /** From now on it answers so. */
  answer(answer: SmiMode | FakeSmiAnswer): void {
    const folder = join(this.folder, `answer-${this.#answers++}`);
    mkdirSync(folder);
    writeAnswer(folder, typeof answer === 'string' ? SMI_MODES[answer] : answer);
    symlinkSync(folder, join(this.folder, 'answer.new'));
    renameSync(join(this.folder, 'answer.new'), join(this.folder, 'answer'));
  }

  /** Its calls so far, oldest first. */
  calls(): readonly { readonly pid: number; readonly args: string }[] {
    const path = join(this.folder, 'calls');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
    return lines.map((line) => {
      const [pid, ...args] = line.split(' ');
      return { pid: Number(pid), args: args.join(' ') };
    });
  }

  /** Its calls that have not ended. */
  running(): readonly number[] {
    return this.calls()
      .map(({ pid }) => pid)
      .filter((pid) => folderOf(pid)?.startsWith(this.folder));
  }

  /** Also ends the calls that still hang. */
  remove(): void {
    for (const pid of this.running()) process.kill(pid, 'SIGKILL');
    if (this.#pathBefore !== undefined) process.env['PATH'] = this.#pathBefore;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function writeAnswer(folder: string, answer: FakeSmiAnswer): void {
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content);
  write('exit', String(answer.exitCode ?? 0));
  if (answer.stdout !== undefined) write('stdout', answer.stdout);
  if (answer.stderr !== undefined) write('stderr', answer.stderr);
  if (answer.delaySeconds !== undefined) write('delay', String(answer.delaySeconds));
  if (answer.hang !== undefined) write('hang', '');
  if (answer.hang === 'stubborn') write('stubborn', '');
  if (answer.endless === true) write('endless', '');
}

/** Where the process works: a pid may have been given anew, so the pid alone says little. */
function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
