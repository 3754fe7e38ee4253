import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

  /** Whether it has all that the lists name, as far as was installed here. */
  get isReady() {
    const stamp = join(this.#folder, 'installed');
    return existsSync(stamp) && readFileSync(stamp, 'utf8') === this.#fingerprint();
  }

  /** Undefined if it went well, else what is missing. */
  async create(install) {
    const python = PYTHONS.find(
      (name) => spawnSync(name, ['-c', IS_RECENT], { stdio: 'ignore' }).status === 0,
    );
    if (python === undefined) return 'Python 3.11 or later with venv (Debian: python3-venv)';
    rmSync(this.#folder, { recursive: true, force: true });
    const [packages, torch] = this.#lists.map((list) => join(this.#test, list));
    if (await install([python, '-m', 'venv', this.#folder])) return 'a virtual environment';
    if (await install([this.python, ...PIP, '-r', packages])) return `the packages of ${packages}`;
    if (torch && (await install([this.python, ...PIP, '--no-deps', '-r', torch]))) return 'PyTorch';
    writeFileSync(join(this.#folder, 'installed'), this.#fingerprint());
    return undefined;
  }

  #fingerprint() {
    const hash = createHash('sha256');
    for (const list of this.#lists) hash.update(readFileSync(join(this.#test, list)));
    return hash.digest('hex');
  }
}
