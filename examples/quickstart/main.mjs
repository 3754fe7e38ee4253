import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ChildFailure, ChildProcesses } from './child-processes.mjs';
import { ConsoleOutput } from './console-output.mjs';
import { findFreePort } from './free-port.mjs';
import { installedMegabytes, isInstalled } from './installed-packages.mjs';
import { formatFigures, readLiveFigures } from './live-figures.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/onnx-server');
const LOG_FOLDER = join(ROOT, 'infermeter-data/quickstart-logs');
const HELP = `npm run quickstart [-- --for SECONDS] [--json]
Builds the agent and a small ONNX server, runs both with a modest load, and prints the page's address.
  --for SECONDS  stop by itself, so long after the page is up
  --json         one JSON object a line instead of text`;

/** Not `npm ci`: the lockfile knows the binaries of one platform only, and `ci` refuses to add another's. */
const INSTALL = ['npm', 'install', '--no-save', '--no-audit', '--no-fund'];
const PROGRESS_EVERY_MS = 1000;
const LINE_EVERY_SECONDS = 10;
const READY_WITHIN_MS = 60_000;
const VARIANTS = ['fp32', 'int8'];

const options = readOptions();
const output = new ConsoleOutput(options);
const children = new ChildProcesses(ROOT, LOG_FOLDER);
const interrupted = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);

try {
  await prepare();
  await runAll();
} catch (error) {
  if (!interrupted.signal.aborted) {
    process.exitCode = 1;
    const message = error instanceof ChildFailure ? error.message : error.stack;
    output.say('failed', message, { message });
  }
} finally {
  interrupted.abort();
  await children.stopAll();
  output.say('stopped', 'Everything is stopped. Its data stays in infermeter-data/.');
  process.exit();
}

/** The first signal stops everything in order, a second one at once. */
function interrupt() {
  if (interrupted.signal.aborted) children.killAll();
  interrupted.abort();
  void children.stopAll();
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { for: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    const seconds = values.for === undefined ? undefined : Number(values.for);
    if (seconds !== undefined && !(seconds > 0)) throw new Error(`--for: seconds, got "${values.for}"`);
    if (!values.help) return { seconds, json: values.json === true };
    console.log(HELP);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n${HELP}`);
    process.exit(2);
  }
}

async function prepare() {
  if (isInstalled(ROOT)) output.say('installed', 'Packages are installed.', { folder: '.' });
  else await step('install', 'installing packages', INSTALL);
  await step('build', 'building the agent and its page', ['npm', 'run', 'build']);
  if (!isInstalled(EXAMPLE)) await installExample();
  await step('build-example', 'building the example', ['npm', 'run', 'build'], { cwd: EXAMPLE });
}

function installExample() {
  const text = 'installing ONNX Runtime for the example, some 300 MB';
  return step('install-example', text, INSTALL, { cwd: EXAMPLE, measure: () => installedMegabytes(EXAMPLE) });
}

/** Runs one command, and shows that it goes on: seconds, and megabytes where `measure` gives them. */
async function step(name, text, command, { cwd = ROOT, measure } = {}) {
  const startedMs = performance.now();
  const seconds = () => Math.round((performance.now() - startedMs) / 1000);
  let lineSeconds = 0;
  const show = async () => {
    const megabytes = await measure?.();
    const lineDue = seconds() >= lineSeconds + LINE_EVERY_SECONDS;
    if (lineDue) lineSeconds = seconds();
    const amount = megabytes === undefined ? '' : `, ${megabytes} MB`;
    output.progress(name, `${text} … ${seconds()} s${amount}`, { lineDue, seconds: seconds(), megabytes });
  };
  const timer = setInterval(() => void show(), PROGRESS_EVERY_MS);
  output.progress(name, `${text} …`, { lineDue: true, seconds: 0 });
  try {
    await children.run(name, command, { cwd });
  } finally {
    clearInterval(timer);
  }
  const megabytes = await measure?.();
  const amount = megabytes === undefined ? '' : `, ${megabytes} MB`;
  output.say(`${name}-done`, `${text}: done in ${seconds()} s${amount}`, { seconds: seconds(), megabytes });
}

async function runAll() {
  const grpc = await choosePort('spans (gRPC)', 4317);
  const otlpHttp = await choosePort('spans (OTLP/HTTP)', 4318);
  const http = await choosePort('the page', 9865);
  const example = await choosePort('the example server', 8080);
  const pageUrl = `http://127.0.0.1:${http}`;
  const exampleUrl = `http://127.0.0.1:${example}`;
  const agentCommand = [
    process.execPath,
    'dist/agent/main.js',
    'run',
    '--config',
    'examples/quickstart.yaml',
  ];
  const agent = children.start('agent', agentCommand, {
    env: {
      INFERMETER_LISTEN__GRPC: `127.0.0.1:${grpc}`,
      INFERMETER_LISTEN__OTLP_HTTP: `127.0.0.1:${otlpHttp}`,
      INFERMETER_LISTEN__HTTP: `127.0.0.1:${http}`,
    },
  });
  const server = children.start('example', [process.execPath, 'dist/examples/onnx-server/main.js'], {
    cwd: EXAMPLE,
    env: { PORT: String(example), INFERMETER_ADDRESS: `127.0.0.1:${grpc}` },
  });
  const failed = Promise.race([agent.failed, server.failed]);
  await Promise.race([failed, untilReady(`${pageUrl}/readyz`, 'the agent')]);
  await Promise.race([failed, untilReady(`${exampleUrl}/healthz`, 'the example server')]);
  await Promise.race([failed, runLoad(exampleUrl, pageUrl)]);
}

async function choosePort(name, preferred) {
  const port = await findFreePort(preferred);
  if (port === preferred) return port;
  output.say('port', `Port ${preferred} for ${name} is busy: taking ${port}.`, { name, preferred, port });
  return port;
}

async function untilReady(url, what) {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadlineMs && !interrupted.signal.aborted) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await pause(100);
  }
  if (!interrupted.signal.aborted)
    throw new ChildFailure(`${what} does not answer at ${url}; logs: ${LOG_FOLDER}`);
}

async function runLoad(exampleUrl, pageUrl) {
  const { runLoad: load } = await import('../onnx-server/dist/examples/onnx-server/load.js');
  const seconds = output.elapsedSeconds();
  const stopHint =
    options.seconds === undefined ? 'Ctrl-C stops everything.' : `Stops in ${options.seconds} s.`;
  output.say(
    'ready',
    `\n  The page: ${pageUrl}\n\n  Up after ${seconds} s. ${stopHint} Logs: ${LOG_FOLDER}`,
    {
      page: pageUrl,
      example: exampleUrl,
      seconds,
    },
  );
  const timeout = options.seconds === undefined ? [] : [AbortSignal.timeout(options.seconds * 1000)];
  const signal = AbortSignal.any([interrupted.signal, ...timeout]);
  void showFigures(pageUrl, signal);
  await load({ url: exampleUrl, signal });
}

/** Says once that live percentiles are there. */
async function showFigures(pageUrl, signal) {
  while (!signal.aborted) {
    const figures = await readLiveFigures(pageUrl, VARIANTS);
    if (figures !== undefined) {
      const seconds = output.elapsedSeconds();
      output.say('live', `  Live after ${seconds} s: ${formatFigures(figures)}`, { seconds, figures });
      return;
    }
    await pause(500);
  }
}

function pause(delayMs) {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
