import { createRequire } from 'node:module';
import { freemem, platform, totalmem } from 'node:os';
import type systeminformation from 'systeminformation';

export interface MemoryReading {
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** Without buffers and caches. Linux only, as the swap. */
  readonly usedBytes?: number;
  readonly swapUsedBytes?: number;
}

/**
 * systeminformation's `mem` on Linux: it reads /proc/meminfo and forks nothing (0.4 ms of CPU). On macOS, Windows
 * and BSD it forks, so there only what libuv says.
 */
export async function readMemory(): Promise<MemoryReading> {
  if (platform() !== 'linux') return { totalBytes: totalmem(), availableBytes: freemem() };
  const memory = await loadMemoryModule().mem();
  return {
    totalBytes: memory.total,
    availableBytes: memory.available,
    usedBytes: memory.active,
    swapUsedBytes: memory.swapused,
  };
}

type MemoryModule = Pick<typeof systeminformation, 'mem'>;

/** Loaded at the first reading, and this part alone: 2 MB resident and 6 ms of CPU, of the whole it is 9.5 MB and 33 ms. */
function loadMemoryModule(): MemoryModule {
  return createRequire(import.meta.url)('systeminformation/lib/memory.js') as MemoryModule;
}
