import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../poll.ts';
import { ROOT } from '../source-files.ts';

interface Child {
  readonly ended: Promise<void>;
  readonly failed: Promise<void>;
  readonly process: { readonly pid: number };
}

interface Children {
  run(name: string, command: readonly string[]): Promise<void>;
  start(name: string, command: readonly string[]): Child;
  stopAll(): Promise<void>;
  killAll(): void;
}

const QUICKSTART = join(ROOT, 'examples/quickstart.mjs');
const PARTS = join(ROOT, 'examples/quickstart');

describe('the quickstart', () => {
  for (const version of ['12.22.0', '18.20.0', '20.18.1']) {
    it(`has one line for Node ${version}, which is too old`, async () => {
      const disguise = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
      const { code, output } = await runNode([
        '--import',
        `data:text/javascript,${encodeURIComponent(disguise)}`,
        QUICKSTART,
      ]);
      expect(code).to.equal(1);
      expect(output.trimEnd().split('\n')).to.have.length(1);
      expect(output).to.include('infermeter needs Node 20.19 or later');
    });
  }

  const badOptions = [
    ['an unknown option', ['--port', '1']],
    ['a time that is none', ['--for', 'ever']],
  ] as const;
  for (const [name, parameters] of badOptions) {
    it(`explains itself and exits with 2 for ${name}`, async () => {
      const { code, output } = await runNode([QUICKSTART, ...parameters]);
      expect(code).to.equal(2);
      expect(output).to.include('npm run quickstart [-- --for SECONDS] [--json]');
    });
  }

  it('takes a port that is free, and another where it is busy', async () => {
    const { findFreePort } = await import(join(PARTS, 'free-port.mjs'));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await findFreePort(port)).not.to.equal(port);
    server.close();
    await once(server, 'close');
    expect(await findFreePort(port)).to.equal(port);
  });

  describe('its children', () => {
    let folder: string;
    let children: Children;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'infermeter-quickstart-'));
      const { ChildProcesses } = await import(join(PARTS, 'child-processes.mjs'));
      children = new ChildProcesses(ROOT, folder);
    });

    afterEach(async () => {
      children.killAll();
      await children.stopAll();
      await rm(folder, { recursive: true });
    });

    const failures = [
      ['fails', ['sh', '-c', 'echo the reason; exit 3'], /exit code 3.*the reason/s],
      ['does not exist', ['/no/such/program'], /ENOENT/],
    ] as const;
    for (const [name, command, message] of failures) {
      it(`shows the end of the log of a command that ${name}`, async () => {
        const failure = await children.run('step', command).catch((error: Error) => error);
        expect(failure).to.be.instanceOf(Error);
        expect((failure as Error).message).to.match(message);
      });
    }

    it('says when one that should stay ends', async () => {
      const { failed } = children.start('agent', ['sh', '-c', 'echo no port; exit 1']);
      const failure = await failed.catch((error: Error) => error);
      expect((failure as Error).message).to.match(/agent: it ended with 1.*no port/s);
    });

    it('end with their own children, and that is no failure', async () => {
      const child = children.start('server', ['sh', '-c', 'sleep 60 & sleep 60']);
      await children.stopAll();
      await child.failed;
      await poll('the group is gone', async () => (groupLives(child.process.pid) ? undefined : true));
    });

    it('are killed if they do not heed SIGTERM and the user insists', async () => {
      const child = children.start('server', ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done']);
      const stopped = children.stopAll();
      children.killAll();
      await stopped;
      await poll('the group is gone', async () => (groupLives(child.process.pid) ? undefined : true));
    });
  });
});

async function runNode(parameters: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, parameters, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

function groupLives(leader: number): boolean {
  try {
    return process.kill(-leader, 0);
  } catch {
    return false;
  }
}
