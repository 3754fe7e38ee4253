import { readFileSync } from 'node:fs';

/**
 * A file of /proc or /sys as text; undefined where it is not there or not to be read. Synchronous: the kernel makes
 * the text up in some 10 µs, a turn through the thread pool costs more.
 */
export function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** `key value` lines, as in cpu.stat. */
export function parseCounters(text: string): ReadonlyMap<string, number> {
  const pairs = text.split('\n').map((line) => line.split(' '));
  return new Map(pairs.filter((pair) => pair.length === 2).map(([key, value]) => [key, Number(value)]));
}
