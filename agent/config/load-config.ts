import type { ConfigProblem } from './config-problem.ts';
import { type ConfigResult, type ConfigSources, parseConfig } from './parse-config.ts';

export interface LoadOptions extends Omit<ConfigSources, 'file'> {
  /** Absent: no file. */
  readonly path?: string;
  /** Rejects with a Node error where it cannot. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Reads the file, if there is one, and parses all sources. What cannot be read is a problem like any other. */
export async function loadConfig({ path, readFile, ...sources }: LoadOptions): Promise<ConfigResult> {
  if (path === undefined) return parseConfig(sources);
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    const others = parseConfig(sources);
    return { ok: false, problems: [unreadable(path, error), ...(others.ok ? [] : others.problems)] };
  }
  return parseConfig({ ...sources, file: { name: path, text } });
}

function unreadable(path: string, error: unknown): ConfigProblem {
  const { code, message } = error as NodeJS.ErrnoException;
  return {
    key: '',
    origin: path,
    message: code === 'ENOENT' ? 'no such file' : `cannot be read: ${message}`,
  };
}
