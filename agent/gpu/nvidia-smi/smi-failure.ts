import { GpuFailure, type GpuFailureKind } from '../gpu-reader.ts';

/** What nvidia-smi and NVML say, and what it means; the first that matches counts. */
const SIGNS: readonly (readonly [sign: RegExp, kind: GpuFailureKind, meaning: string])[] = [
  [
    /driver\/library version mismatch/i,
    'driver_mismatch',
    'the NVIDIA library and the kernel module are of different versions: load the driver anew, or restart the machine',
  ],
  [
    /couldn't communicate with the NVIDIA driver|driver not loaded|driver is not loaded/i,
    'not_installed',
    'no NVIDIA driver is loaded',
  ],
  [
    /insufficient permission|permission denied|blocked the request/i,
    'permission',
    'the GPU devices are not for this user or container',
  ],
  [
    /failed to initialize NVML: unknown error/i,
    'permission',
    'NVML does not start: mostly a container that lost its access to the GPU devices, and needs a restart',
  ],
  [
    /GPU is lost|falle?n? off the bus|requires? (a )?reset|unable to determine the device handle|no devices were found|^unknown error$/im,
    'lost',
    'a GPU is lost, or none is visible',
  ],
  [
    /shared library not found|couldn't find libnvidia-ml|libnvidia-ml\.so/i,
    'not_installed',
    'the NVIDIA library libnvidia-ml.so is missing: the container needs the NVIDIA runtime',
  ],
];

/** Where the text says nothing: the exit codes of nvidia-smi's manual, of the shell, and of a program not started. */
const EXITS: Readonly<Record<string, GpuFailureKind>> = {
  ENOENT: 'not_installed',
  EACCES: 'permission',
  4: 'permission',
  9: 'not_installed',
  12: 'not_installed',
  15: 'lost',
  18: 'driver_mismatch',
  126: 'permission',
  127: 'not_installed',
};

const MAX_QUOTE_LENGTH = 200;

/** The class of what was said; undefined where nothing tells. */
export function classifySaid(said: string): GpuFailureKind | undefined {
  return SIGNS.find(([sign]) => sign.test(said))?.[1];
}

/** The failure of a run without a reading: `said` on stdout and stderr; `exit`: its code, or that of the start. */
export function createSmiFailure(
  said: string,
  exit: number | string | undefined,
  cause?: unknown,
): GpuFailure {
  const [sign, signKind, meaning = describeExit(exit)] = SIGNS.find(([pattern]) => pattern.test(said)) ?? [];
  const line = firstLine(said, sign);
  const quote = line === undefined ? '' : ` ("${line}")`;
  const kind = signKind ?? EXITS[String(exit)] ?? 'failed';
  return new GpuFailure(kind, `nvidia-smi: ${meaning}${quote}`, { cause });
}

function describeExit(exit: number | string | undefined): string {
  if (exit === 'ENOENT' || exit === 127) return 'the program is not on the PATH';
  if (exit === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed more than any machine has to say';
  return exit === 0 ? 'its answer holds no GPU' : `it failed (${exit ?? 'ended by a signal'})`;
}

/** The first line that matches, by default any with something to read; shortened, and fit for a log. */
export function firstLine(said: string, sign = /\S/): string | undefined {
  const readable = said.replace(/[^\n\P{C}]|\uFFFD/gu, '');
  const line = readable.split('\n').find((candidate) => sign.test(candidate));
  return line?.trim().slice(0, MAX_QUOTE_LENGTH);
}
