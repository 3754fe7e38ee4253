import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a program of ours as a thread: `./database-thread` beside the module whose `import.meta.url` is given. */
export function launchThread(program: string, moduleUrl: string, options: WorkerOptions): Worker {
  if (!moduleUrl.endsWith('.ts')) return new Worker(new URL(`${program}.js`, moduleUrl), options);
  // From source: Node 20 does not hand tsx on to a worker, so the worker asks for it itself.
  const api = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api'));
  const tsx = new URL('./index.mjs', api).href;
  const thread = new URL(`${program}.ts`, moduleUrl).href;
  const code = `import('${tsx}').then(({ register }) => { register(); return import('${thread}'); })`;
  return new Worker(code, { ...options, eval: true });
}
