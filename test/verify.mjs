// `npm run verify`: the one command that tells the truth. Installs what the tests need, then runs every check; ends
// with the line "N passed, N failed, N skipped", where each check counts as one and each test of a suite as one.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PythonEnvironment } from './python-environment.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Programs that tests run for real, and the Debian package that has each. */
const SYSTEM_PROGRAMS = [
  { program: 'influxd', debianPackage: 'influxdb', neededFor: 'the InfluxDB and outage tests' },
  { program: 'victoria-metrics', debianPackage: 'victoria-metrics', neededFor: 'the VictoriaMetrics tests' },
  { program: 'chromium', debianPackage: 'chromium', neededFor: 'the browser tests' },
  { program: 'openssl', debianPackage: 'openssl', neededFor: 'the TLS tests' },
  { program: 'buildah', debianPackage: 'buildah', neededFor: 'the tests of the container image' },
  { program: 'debootstrap', debianPackage: 'debootstrap', neededFor: 'the tests of the container image' },
];

const CHECKS = [
  { name: 'types', command: ['npm', 'run', '--silent', 'types'] },
  { name: 'lint and format', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'dead code', command: ['npm', 'run', '--silent', 'dead-code'] },
  { name: 'generated documents', command: ['npm', 'run', '--silent', 'docs', '--', '--check'] },
  { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
];

const PYTHON_SOURCES = ['clients/python/src', 'clients/python/bench'];
const PYTHON_CONFIG = ['--config', 'clients/python/pyproject.toml'];
const PYTHON_EXAMPLES = ['torch-classifier', 'torch-server', 'flask-server', 'fastapi-server'].map(
  (name) => `examples/${name}`,
);
const PYTHON_STYLED = [...PYTHON_SOURCES, ...PYTHON_EXAMPLES, 'test/clients/python'];

/** In the virtual environment, where there is one. */
const PYTHON_CHECKS = [
  { name: 'Python types', modules: ['mypy', '--config-file', PYTHON_CONFIG[1], ...PYTHON_SOURCES] },
  { name: 'Python lint', modules: ['ruff', 'check', '--quiet', ...PYTHON_CONFIG, ...PYTHON_STYLED] },
  {
    name: 'Python format',
    modules: ['ruff', 'format', '--check', '--quiet', ...PYTHON_CONFIG, ...PYTHON_STYLED],
  },
];
const PYTHON_TESTS = ['pytest', '-q', '-p', 'no:cacheprovider', 'test/clients/python'];

const SUITES = [
  { name: 'unit tests', command: ['npm', 'test', '--silent'] },
  { name: 'integration tests', command: mocha('test/integration/**/*.test.ts') },
  { name: 'end-to-end tests', command: mocha('test/e2e/**/*.test.ts') },
];

const { values: options } = parseArgs({
  options: {
    'no-system-packages': { type: 'boolean', default: false },
    'no-torch': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    [
      'npm run verify [-- --no-system-packages] [--no-torch]',
      '  --no-system-packages  install nothing with apt; tests that need a missing program skip',
      '  --no-torch            do without PyTorch (4 GB on disk); tests that need it skip',
    ].join('\n'),
  );
  process.exit(0);
}

const totals = { passed: 0, failed: 0, skipped: 0 };
const startedMs = performance.now();
const environment = new PythonEnvironment(ROOT, { withTorch: !options['no-torch'] });
await prepare();
for (const check of CHECKS) await runCheck(check);
for (const suite of SUITES) await runSuite(suite);
if (environment.isUsable) await runPython();
else skip("the Python client's checks and tests");
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
console.log(`\nverified in ${minutes} minutes`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed === 0 ? 0 : 1);

function mocha(pattern) {
  return ['npx', '--no-install', 'mocha', '--timeout', '120000', pattern];
}

async function prepare() {
  requireNode();
  if (!existsSync(`${ROOT}/node_modules/.package-lock.json`)) await install('npm packages', ROOT);
  const example = `${ROOT}/examples/onnx-server`;
  if (!existsSync(`${example}/node_modules/.package-lock.json`)) {
    await install("the example server's packages (about 290 MB)", example);
  }
  await prepareSystemPrograms();
  await preparePython();
}

async function preparePython() {
  if (environment.isReady) return;
  heading(`install Python packages into .venv (${options['no-torch'] ? '0.2' : '4'} GB on disk)`);
  const missing = await environment.create(async (command) => (await run(command)).code);
  if (missing) console.log(`missing: ${missing}; tests that need it are skipped`);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`infermeter needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

async function install(what, folder) {
  heading(`install ${what}`);
  const { code } = await run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  if (code === 0) return;
  console.error(`npm ci failed in ${folder}`);
  process.exit(1);
}

async function prepareSystemPrograms() {
  const missing = SYSTEM_PROGRAMS.filter(({ program }) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  if (!options['no-system-packages'] && process.getuid?.() === 0 && isOnPath('apt-get')) {
    heading(`install with apt: ${packages.join(', ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run(['apt-get', 'update', '-q'], { env, quiet: true });
    await run(
      ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages, 'fonts-dejavu-core'],
      { env, quiet: true },
    );
  }
  for (const { program, debianPackage, neededFor } of missing.filter((one) => !isOnPath(one.program))) {
    console.log(`missing: ${program} (Debian: ${debianPackage}); ${neededFor} are skipped`);
  }
}

function isOnPath(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

async function runCheck({ name, command }) {
  heading(name);
  const { code } = await run(command);
  if (code === 0) totals.passed++;
  else totals.failed++;
  console.log(code === 0 ? 'ok' : `FAILED: ${name}`);
}

async function runPython() {
  const inEnvironment = (modules) => [environment.python, '-m', ...modules];
  for (const { name, modules } of PYTHON_CHECKS) await runCheck({ name, command: inEnvironment(modules) });
  await runSuite({ name: 'tests of the Python client', command: inEnvironment(PYTHON_TESTS) }, countPytest);
}

async function runSuite({ name, command }, countOf = countMocha) {
  heading(name);
  const { code, output } = await run(command);
  const counted = countOf(output);
  totals.passed += counted.passed;
  totals.skipped += counted.skipped;
  // A suite that broke without a failing test, or that ran none, has failed.
  totals.failed += Math.max(counted.failed, code === 0 && counted.passed > 0 ? 0 : 1);
}

function skip(what) {
  console.log(`\nskipped: ${what}`);
  totals.skipped++;
}

function countMocha(output) {
  const count = (word) => Number(new RegExp(`^\\s+(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
  return { passed: count('passing'), failed: count('failing'), skipped: count('pending') };
}

/** Of its last line: "1 failed, 34 passed, 2 skipped in 30.12s". */
function countPytest(output) {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const count = (word) => Number(new RegExp(`\\b(\\d+) ${word}`).exec(last)?.[1] ?? 0);
  return { passed: count('passed'), failed: count('failed') + count('error'), skipped: count('skipped') };
}

function heading(text) {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(`\n== ${text} (${seconds} s)`);
}

/** Runs a command in the root, passes its output on, and gives it back with the exit code. */
function run([program, ...args], { cwd = ROOT, env = process.env, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (stream) => (chunk) => {
      output += chunk;
      if (!quiet) stream.write(chunk);
    };
    child.stdout.on('data', keep(process.stdout));
    child.stderr.on('data', keep(process.stderr));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => {
      if (quiet && code !== 0) console.error(output);
      resolve({ code: code ?? 1, output });
    });
  });
}
