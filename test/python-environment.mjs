import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PYTHONS = ['python3.12', 'python3.11', 'python3.13', 'python3.14', 'python3'];
const IS_RECENT = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
const PIP = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile'];

/**
 * The virtual environment `.venv` for the tests that run Python, made anew when a list of packages changed. `install`
 * runs a command and gives its exit code.
 */
export class PythonEnvironment {
  #folder;
  #test;
  #lists;

  constructor(root, { withTorch }) {
    this.#folder = join(root, '.venv');
    this.#test = join(root, 'test');
    this.#lists = withTorch ? ['requirements.txt', 'requirements-torch.txt'] : ['requirements.txt'];
  }

  get python() {
    return join(this.#folder, 'bin/python');
  }

  /** Whether it has all that is asked for. */
  get isReady() {
    const installed = this.#installed();
    return this.#lists.every((list) => installed.includes(this.#fingerprint(list)));
  }

  /** Whether it has what all of its users need, if not PyTorch. */
  get isUsable() {
    return this.#installed().includes(this.#fingerprint(this.#lists[0]));
  }

  /** Undefined if it went well, else what is missing. */
  async create(install) {
    const python = PYTHONS.find(
      (name) => spawnSync(name, ['-c', IS_RECENT], { stdio: 'ignore' }).status === 0,
    );
    if (python === undefined) return 'Python 3.11 or later with venv (Debian: python3-venv)';
    rmSync(this.#folder, { recursive: true, force: true });
    if (await install([python, '-m', 'venv', this.#folder])) return 'a virtual environment';
    for (const list of this.#lists) {
      const options = list.includes('torch') ? ['--no-deps'] : [];
      if (await install([this.python, ...PIP, ...options, '-r', join(this.#test, list)]))
        return `what ${list} names`;
      appendFileSync(this.#stamp, `${this.#fingerprint(list)}\n`);
    }
    return undefined;
  }

  get #stamp() {
    return join(this.#folder, 'installed');
  }

  #installed() {
    return existsSync(this.#stamp) ? readFileSync(this.#stamp, 'utf8').split('\n') : [];
  }

  #fingerprint(list) {
    return createHash('sha256')
      .update(readFileSync(join(this.#test, list)))
      .digest('hex');
  }
}
