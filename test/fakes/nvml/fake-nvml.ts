import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A libnvidia-ml without a GPU, to be driven by a test (fake-nvml.c). `buildFakeNvml` compiles it once a process with
 * `cc` and gives each caller a copy in a folder of its own, named `libnvidia-ml.so.1`, so that LD_LIBRARY_PATH finds it
 * too; undefined where there is no C compiler. The library reads `<its path>.control` anew at every call; write that
 * file with `controlFakeNvml(path, directives)`, one directive a line, which replaces all earlier ones:
 *
 *     set * devices 8               how many GPUs (device `*`; default 1)
 *     set 3 temperature 55          what GPU 3 says (`*`: every GPU); `none`: not supported. Keys: see fake-nvml.c,
 *                                   among them utilization, temperature, power_average, memory_used (bytes), pstate,
 *                                   energy (mJ), mig (instances), gpm_<metric> (percent), field_<id>, sample_power (mW)
 *     process 0 C 4711 512 0 0      a process: GPU, C or G, pid, MiB or `unknown`, GPU instance, compute instance
 *     name 4711 /usr/bin/python3    what nvmlSystemGetProcessName says
 *     lost 3                        GPU 3 fell off the bus: every call answers GPU_IS_LOST
 *     answer nvmlInit_v2 * 18       this call answers a code (function or `*`; GPU, `0/1` its MIG device 1, or `*`)
 *     hang nvmlDeviceGetPowerUsage  this call (or `*`) never returns
 *     die nvmlDeviceGetSamples      this call aborts the process
 *     garbage values | sizes | codes   sentinels everywhere | absurd counts | a return code that nobody knows
 *     set * generation 2            the driver was loaded anew: UNINITIALIZED until shutdown and init
 *
 * GPU i has the uuid `fakeUuid(i)`.
 */
export function buildFakeNvml(options: { readonly old?: boolean } = {}): string | undefined {
  const built = compile(options.old === true);
  if (built === undefined) return undefined;
  const path = join(newFolder(), 'libnvidia-ml.so.1');
  copyFileSync(built, path);
  return path;
}

/** Why tests that need the fake skip. */
export const NO_COMPILER = 'no C compiler (cc) to build the fake libnvidia-ml with';

const COMPILER = 'cc';

export function controlFakeNvml(libraryPath: string, directives: readonly string[]): void {
  const control = `${libraryPath}.control`;
  writeFileSync(`${control}.new`, `${directives.join('\n')}\n`);
  renameSync(`${control}.new`, control);
}

export function fakeUuid(index: number): string {
  return `GPU-00000000-0000-0000-0000-${String(index).padStart(12, '0')}`;
}

const compiled = new Map<boolean, string | undefined>();

function compile(old: boolean): string | undefined {
  if (compiled.has(old)) return compiled.get(old);
  const target = join(newFolder(), 'fake-nvml.so');
  const source = join(import.meta.dirname, 'fake-nvml.c');
  const flags = ['-shared', '-fPIC', '-O1', ...(old ? ['-DFAKE_NVML_OLD'] : [])];
  const { status, error, stderr } = spawnSync(COMPILER, [...flags, '-o', target, source, '-ldl'], {
    encoding: 'utf8',
  });
  if (error === undefined && status !== 0) throw new Error(`bug: the fake does not compile: ${stderr}`);
  const path = error === undefined ? target : undefined;
  compiled.set(old, path);
  return path;
}

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fake-nvml-'));
  folders.push(folder);
  return folder;
}
