import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Between SIGTERM and SIGKILL; with what comes after it, Ctrl-C takes less than five seconds. */
const STOP_WITHIN_MS = 4000;
const TAIL_LINES = 25;

/** A child ended that should not have, or with a failure; the message holds the end of its log. */
export class ChildFailure extends Error {}

/**
 * The quickstart's children, each in a process group of its own, so that Ctrl-C reaches us alone and we end them in
 * order; what they write goes to a file each.
 */
export class ChildProcesses {
  #root;
  #logFolder;
  #running = new Set();
  #stopping = false;
  #stopped;

  constructor(root, logFolder) {
    this.#root = root;
    this.#logFolder = logFolder;
  }

  /** Runs a command to its end; rejects with a ChildFailure if it fails. */
  async run(name, command, options = {}) {
    const child = this.start(name, command, options);
    await child.ended;
    if (child.exitCode !== 0) throw this.#failure(child, `exit code ${child.exitCode ?? child.signalCode}`);
  }

  /** Starts a command that stays. `failed` of what this returns rejects when it ends before `stopAll`. */
  start(name, [program, ...parameters], { cwd = this.#root, env = {} } = {}) {
    if (this.#stopping) throw new ChildFailure('stopping');
    mkdirSync(this.#logFolder, { recursive: true });
    const logPath = join(this.#logFolder, `${name}.log`);
    const log = createWriteStream(logPath);
    const process_ = spawn(program, parameters, {
      cwd,
      env: { ...inheritedEnvironment(), ...env },
      detached: true,
    });
    const child = { name, logPath, process: process_, exitCode: undefined, signalCode: undefined };
    this.#running.add(child);
    process_.stdout.pipe(log, { end: false });
    process_.stderr.pipe(log, { end: false });
    child.ended = new Promise((resolve) => {
      process_.once('error', (error) => log.write(`${error.message}\n`, () => resolve()));
      process_.once('close', () => log.end(() => resolve()));
    }).then(() => {
      child.exitCode = process_.exitCode;
      child.signalCode = process_.signalCode;
      this.#running.delete(child);
    });
    child.failed = child.ended.then(() => {
      if (!this.#stopping) throw this.#failure(child, `it ended with ${child.exitCode ?? child.signalCode}`);
    });
    child.failed.catch(() => {});
    return child;
  }

  /** Ends every child, the youngest first; kills those that take too long. Asks each only once. */
  stopAll() {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  killAll() {
    this.#stopping = true;
    for (const child of this.#running) signalGroup(child, 'SIGKILL');
  }

  async #stop() {
    this.#stopping = true;
    const children = [...this.#running].reverse();
    for (const child of children) signalGroup(child, 'SIGTERM');
    const overdue = setTimeout(() => this.killAll(), STOP_WITHIN_MS);
    await Promise.all(children.map((child) => child.ended));
    clearTimeout(overdue);
  }

  #failure(child, what) {
    const lines = readFileSync(child.logPath, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
    const tail = lines.map((line) => `  ${line}`).join('\n');
    return new ChildFailure(`${child.name}: ${what}. The end of ${child.logPath}:\n${tail}`);
  }
}

/** Signals the group that we started with the child as its leader: npm's own children get it too. */
function signalGroup({ process: { pid } }, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Ours without the settings of another agent: the quickstart must not write into somebody's InfluxDB. */
function inheritedEnvironment() {
  const entries = Object.entries(process.env).filter(([name]) => !/^(INFERMETER|INFLUX)_/.test(name));
  return Object.fromEntries(entries);
}
