import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AgentStatus } from '../../agent/core/status.ts';
import { ReflectionClient } from '../ingest/service-clients.ts';
import { poll } from '../poll.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { createServerFolder, findFreePort, ServerProcess } from '../servers/server-process.ts';
import { ROOT } from '../source-files.ts';
import { SpanClient } from '../span-client.ts';
import { type BuiltImage, buildImage } from './image/built-image.ts';
import { runTool } from './image/run-tool.ts';

const MB = 1e6;
/** A base, a build and an image, on a machine that does other things too. */
const BUILD_WITHIN_MS = 600_000;
const CONFINE = join(ROOT, 'test/integration/image/confine.sh');

describe('the container image', () => {
  let image: BuiltImage;
  let agent: ServerProcess | undefined;
  let environment: readonly string[];
  let grpcAddress: string;
  let httpUrl: string;

  before(async function () {
    this.timeout(BUILD_WITHIN_MS);
    for (const program of ['buildah', 'debootstrap']) requireBinary(this, program);
    if (process.getuid?.() !== 0) {
      console.log('    skipped: only root can make the base image, and mount file systems');
      this.skip();
    }
    image = await buildImage();
    grpcAddress = `127.0.0.1:${await findFreePort()}`;
    const httpAddress = `127.0.0.1:${await findFreePort()}`;
    httpUrl = `http://${httpAddress}`;
    environment = [
      ...image.config.Env,
      'INFERMETER_INTERVAL=1s',
      'INFERMETER_LISTEN__OTLP_HTTP=127.0.0.1:0',
      `INFERMETER_LISTEN__GRPC=${grpcAddress}`,
      'INFERMETER_LISTEN__SOCKET=/run/infermeter/spans.sock',
      `INFERMETER_LISTEN__HTTP=${httpAddress}`,
    ];
    const { Entrypoint, Cmd } = image.config;
    const [binary = '', ...args] = confined([...Entrypoint, ...Cmd]);
    agent = new ServerProcess(createServerFolder('image'), { binary, args, readyUrl: `${httpUrl}/readyz` });
    await agent.start();
  });

  after(async function () {
    this.timeout(BUILD_WITHIN_MS);
    await agent?.stop();
    await image?.remove();
  });

  /** As a pod would run it: user 1000, the root read-only, and the image's environment with the test's ports. */
  function confined(command: readonly string[]): readonly string[] {
    const namespace = ['unshare', '--mount', '--propagation', 'private'];
    return [...namespace, 'env', '-i', ...environment, 'sh', CONFINE, image.root, ...command];
  }

  function run(command: readonly string[]): Promise<string> {
    const [program = '', ...args] = confined(command);
    return runTool(program, args);
  }

  it('is small', () => {
    const [whole, packed] = [image.bytes, image.packedBytes].map((bytes) => Math.round(bytes / MB));
    console.log(`      ${whole} MB, as a registry holds it ${packed} MB`);
    expect(whole).to.be.below(160);
    expect(packed).to.be.below(65);
  });

  it('says who it is and how it ends, and asks for no GPU', () => {
    const { User, StopSignal, Volumes, Labels, Env } = image.config;
    expect({ User, StopSignal, Volumes }).to.deep.equal({
      User: '1000:1000',
      StopSignal: 'SIGTERM',
      Volumes: { '/var/lib/infermeter': {} },
    });
    expect(Labels).to.include({
      'org.opencontainers.image.title': 'infermeter',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': '0.0.0-test',
    });
    expect(Env).to.include('NVIDIA_DRIVER_CAPABILITIES=utility');
    expect(Env.join()).not.to.contain('NVIDIA_VISIBLE_DEVICES');
  });

  it('has neither a shell nor a package manager, and nothing of who built it', () => {
    const unwanted = [
      'usr/bin/sh',
      'usr/bin/apt',
      'usr/local/bin/npm',
      'root',
      'app/test',
      'app/agent',
      'src',
    ];
    expect(unwanted.filter((path) => existsSync(join(image.root, path)))).to.deep.equal([]);
  });

  it('runs without any right, where nothing but its data can be written', async () => {
    const script = `
      const { readFileSync, writeFileSync } = require('node:fs');
      const tried = ['/new', '/app/dist/agent/main.js', '/etc/passwd', '/tmp/new', '/var/lib/infermeter/new'].map((path) => {
        try { writeFileSync(path, ''); return 'written'; } catch ({ code }) { return code; }
      });
      const [, uid, effective] = /Uid:\\s+(\\d+)[^]*CapEff:\\s+(\\w+)/.exec(readFileSync('/proc/self/status', 'utf8'));
      console.log(JSON.stringify({ uid, rights: Number.parseInt(effective, 16), tried }));`;
    expect(JSON.parse(await run(['/usr/local/bin/node', '--eval', script]))).to.deep.equal({
      uid: '1000',
      rights: 0,
      tried: ['EROFS', 'EROFS', 'EROFS', 'EROFS', 'written'],
    });
  });

  it('passes its health check while the agent takes spans, and fails it where nobody answers', async () => {
    const [kind, ...command] = image.config.Healthcheck.Test;
    expect(kind).to.equal('CMD');
    expect(await run(command)).to.contain('answered 200');
    const failure = await run([...command, `127.0.0.1:${await findFreePort()}`]).catch(String);
    expect(failure).to.contain('ended with 1').and.to.contain('ECONNREFUSED');
  });

  it('takes a span, and keeps what it says in its data directory', async () => {
    const client = new SpanClient(grpcAddress);
    const startUnixNano = String(BigInt(Date.now() - 50) * 1_000_000n);
    const ack = await client.report({ spans: [{ model: 'm', startUnixNano, durationNano: '20000000' }] });
    client.close();
    expect(ack.accepted).to.equal(1);
    const query = `measurement=inference&model=m&from=${Date.now() - 60_000}`;
    const fields = await poll('the history has it', async () => {
      const answer = await fetch(`${httpUrl}/api/v1/points?${query}`);
      const { rows } = (await answer.json()) as { rows: { fields: Record<string, number> }[] };
      return rows[0]?.fields;
    });
    expect(fields['requests']).to.equal(1);
  });

  it('loads every package that the program does not carry in itself', async () => {
    const path = join(ROOT, 'deploy/image/packages.json');
    const { whole } = JSON.parse(readFileSync(path, 'utf8')) as { whole: readonly string[] };
    const script = `const load = require('node:module').createRequire('/app/dist/agent/main.js');
      for (const name of process.argv.slice(1)) load(name);
      load('koffi').load('libm.so.6');
      console.log('loaded');`;
    expect(await run(['/usr/local/bin/node', '--eval', script, ...whole])).to.contain('loaded');
    const reflection = new ReflectionClient(grpcAddress);
    expect(await reflection.listServices()).to.include('infermeter.v1.SpanService');
    reflection.close();
  });

  it('reports nothing degraded without a GPU and a store', async () => {
    const status = (await (await fetch(`${httpUrl}/api/v1/status`)).json()) as AgentStatus;
    expect(status.degraded).to.deep.equal([]);
  });
});
