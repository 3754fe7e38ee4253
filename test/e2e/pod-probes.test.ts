import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { FakeKubelet } from '../fakes/kubelet/fake-kubelet.ts';
import { pause, poll } from '../poll.ts';
import { ScriptedHttp } from '../servers/scripted-http.ts';
import { createServerFolder, findFreePort } from '../servers/server-process.ts';
import { ROOT } from '../source-files.ts';
import { SpanClient } from '../span-client.ts';
import { AgentProcess } from './agent-process.ts';

interface Container {
  readonly livenessProbe?: object;
  readonly readinessProbe?: object;
  readonly startupProbe?: object;
}

const SIDECAR = join(ROOT, 'deploy/kubernetes/components/sidecar');
/** A second more than one interval: a flush and a delivery fail meanwhile. */
const WATCHED_MS = 2000;

/** The sidecar as the manifests have it: its configuration, and the paths that the kubelet asks. */
describe('probes of a pod', () => {
  const [agent] = (
    parse(readFileSync(join(SIDECAR, 'sidecar.yaml'), 'utf8')) as {
      spec: { template: { spec: { initContainers: Container[] } } };
    }
  ).spec.template.spec.initContainers;
  const probes = [agent?.livenessProbe, agent?.readinessProbe, agent?.startupProbe].filter(
    (probe): probe is { httpGet: { path: string } } => probe !== undefined,
  );
  const releases: (() => unknown)[] = [];

  afterEach(async () => {
    for (const release of releases.splice(0).reverse()) await release();
  });

  async function start(env: Readonly<Record<string, string>>): Promise<{ agent: AgentProcess; url: string }> {
    const healthPort = await findFreePort();
    const folder = createServerFolder('pod');
    const started = await AgentProcess.create(
      {
        INFERMETER_INTERVAL: '1s',
        INFERMETER_LISTEN__HEALTH: `127.0.0.1:${healthPort}`,
        POD_NAME: 'model-server-0',
        POD_NAMESPACE: 'models',
        NODE_NAME: 'node-a',
        ...env,
      },
      ['--config', join(SIDECAR, 'infermeter.yaml'), '--set', `listen.socket=${folder}/spans.sock`],
    );
    releases.push(() => started.dispose());
    const url = `http://127.0.0.1:${healthPort}`;
    await started.start(url);
    return { agent: started, url };
  }

  async function expectGreen(url: string): Promise<void> {
    expect(probes).to.have.length(1);
    const end = performance.now() + WATCHED_MS;
    while (performance.now() < end) {
      for (const { httpGet } of probes) expect((await fetch(`${url}${httpGet.path}`)).status).to.equal(200);
      expect((await fetch(`${url}/readyz`)).status).to.equal(200);
      await pause(200);
    }
  }

  async function refusingStore(): Promise<string> {
    const store = await ScriptedHttp.start(() => ({ status: 401, body: '{"code":"unauthorized"}' }));
    releases.push(() => store.stop());
    return store.url;
  }

  function tokenFile(): string {
    const path = join(createServerFolder('pod'), 'token');
    writeFileSync(path, 'not-the-right-one\n');
    return path;
  }

  const dead = async (): Promise<string> => `http://127.0.0.1:${await findFreePort()}`;
  const troubles: readonly [
    title: string,
    component: string,
    env: () => Promise<Readonly<Record<string, string>>>,
  ][] = [
    [
      'a store that is down',
      'exporter:influxdb',
      async () => ({
        INFERMETER_EXPORTERS__INFLUXDB__URL: await dead(),
        INFERMETER_EXPORTERS__INFLUXDB__TOKEN_FILE: tokenFile(),
      }),
    ],
    [
      'a token that the store refuses',
      'exporter:influxdb',
      async () => ({
        INFERMETER_EXPORTERS__INFLUXDB__URL: await refusingStore(),
        INFERMETER_EXPORTERS__INFLUXDB__TOKEN_FILE: tokenFile(),
      }),
    ],
    [
      'a secret that does not exist',
      'exporter:influxdb',
      async () => ({ INFERMETER_EXPORTERS__INFLUXDB__URL: await refusingStore() }),
    ],
    [
      'a GPU that is not there',
      'sampler:gpu',
      async () => ({ INFERMETER_EXPORTERS__INFLUXDB__URL: await dead(), INFERMETER_GPU__SOURCE: 'nvml' }),
    ],
    [
      'a kubelet that does not answer',
      'gpu.pod_resources',
      async () => ({
        INFERMETER_EXPORTERS__INFLUXDB__URL: await dead(),
        INFERMETER_GPU__POD_RESOURCES: '/nowhere/kubelet.sock',
      }),
    ],
  ];
  for (const [title, component, env] of troubles) {
    it(`stay green with ${title}, which is said`, async function () {
      this.timeout(40_000);
      const { agent, url } = await start(await env());
      const client = new SpanClient(agent.grpcAddress);
      const startUnixNano = String(BigInt(Date.now() - 50) * 1_000_000n);
      const ack = await client.report({ spans: [{ model: 'm', startUnixNano, durationNano: '20000000' }] });
      client.close();
      expect(ack.accepted).to.equal(1);
      await poll(`${component} is degraded`, async () => {
        const { degraded } = (await (await fetch(`${url}/readyz`)).json()) as {
          degraded: { component: string }[];
        };
        return degraded.some((one) => one.component === component) || undefined;
      });
      await expectGreen(url);
    });
  }

  it('are green, and the GPU is the pod’s own, where the kubelet says so', async function () {
    this.timeout(30_000);
    const kubelet = new FakeKubelet();
    kubelet.pods = [
      {
        namespace: 'models',
        name: 'model-server-0',
        devices: [['nvidia.com/gpu', 'GPU-0a1b2c3d-0000-4000-8000-00000000000a']],
      },
    ];
    await kubelet.start();
    releases.push(() => kubelet.stop());
    const { agent, url } = await start({
      INFERMETER_EXPORTERS__INFLUXDB__URL: await dead(),
      INFERMETER_GPU__SOURCE: 'simulated',
      INFERMETER_GPU__POD_RESOURCES: kubelet.socketPath,
    });
    const gpu = await poll('the kubelet answered', async () => {
      const status = (await agent.status()).gpu;
      return status.own === undefined ? undefined : status;
    });
    expect(gpu).to.deep.include({
      own: ['GPU-0a1b2c3d-0000-4000-8000-00000000000a'],
      ownReason: 'the kubelet gave it to this pod',
    });
    expect((await agent.status()).instance).to.match(/^model-server-0/);
    await expectGreen(url);
  });
});
