import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { poll } from '../poll.ts';
import { ScriptedHttp } from '../servers/scripted-http.ts';
import { findFreePort } from '../servers/server-process.ts';
import { SpanClient } from '../span-client.ts';
import { AgentProcess } from './agent-process.ts';

interface Readiness {
  readonly status: string;
  readonly degraded: readonly { readonly component: string; readonly reason: string }[];
}

describe('health of the built program', () => {
  let agent: AgentProcess;
  let store: ScriptedHttp | undefined;
  let squatter: Server | undefined;

  afterEach(async () => {
    await agent.dispose();
    await store?.stop();
    squatter?.close();
    store = undefined;
    squatter = undefined;
  });

  async function expectDegraded(url: string, component: string): Promise<string> {
    const readiness = await poll(`${component} is degraded`, async () => {
      const response = await fetch(`${url}/readyz`);
      expect(response.status).to.equal(200);
      const body = (await response.json()) as Readiness;
      return body.degraded.find((one) => one.component === component);
    });
    expect((await fetch(`${url}/readyz?strict=1`)).status).to.equal(503);
    return readiness.reason;
  }

  async function expectSpansTaken(): Promise<void> {
    const client = new SpanClient(agent.grpcAddress);
    const startUnixNano = String(BigInt(Date.now() - 50) * 1_000_000n);
    const ack = await client.report({ spans: [{ model: 'm', startUnixNano, durationNano: '20000000' }] });
    client.close();
    expect(ack.accepted).to.equal(1);
  }

  it('stays ready and says so when the store is down', async function () {
    this.timeout(30_000);
    const port = await findFreePort();
    agent = await AgentProcess.create({
      INFERMETER_INTERVAL: '1s',
      INFERMETER_EXPORTERS__INFLUXDB__URL: `http://127.0.0.1:${port}`,
      INFERMETER_EXPORTERS__INFLUXDB__VERSION: '1',
      INFERMETER_EXPORTERS__INFLUXDB__DATABASE: 'any',
    });
    await agent.start();
    await expectSpansTaken();
    expect(await expectDegraded(agent.httpUrl, 'exporter:influxdb')).to.contain(String(port));
    await expectSpansTaken();
  });

  it('stays ready, keeps the points and never shows the token when the store refuses it', async function () {
    this.timeout(30_000);
    store = await ScriptedHttp.start(() => ({ status: 401, body: '{"code":"unauthorized"}' }));
    agent = await AgentProcess.create({
      INFERMETER_INTERVAL: '1s',
      INFERMETER_EXPORTERS__INFLUXDB__URL: store.url,
      INFERMETER_EXPORTERS__INFLUXDB__VERSION: '2',
      INFERMETER_EXPORTERS__INFLUXDB__ORG: 'o',
      INFERMETER_EXPORTERS__INFLUXDB__BUCKET: 'b',
      INFERMETER_EXPORTERS__INFLUXDB__TOKEN: 'very-secret-token',
    });
    await agent.start();
    await expectSpansTaken();
    await expectDegraded(agent.httpUrl, 'exporter:influxdb');
    const status = await agent.status();
    expect(status.exporters.find(({ name }) => name === 'influxdb')?.state).to.equal('holding');
    expect(status.outbox?.points).to.be.greaterThan(0);
    expect(JSON.stringify(status) + agent.output).not.to.contain('very-secret-token');
  });

  it('takes spans while another program has the port of its page, and shows the page when it is free', async function () {
    this.timeout(40_000);
    const healthPort = await findFreePort();
    agent = await AgentProcess.create({ INFERMETER_LISTEN__HEALTH: `127.0.0.1:${healthPort}` });
    const healthUrl = `http://127.0.0.1:${healthPort}`;
    squatter = createServer();
    await new Promise<void>((resolve) => squatter?.listen(agent.httpPort, '127.0.0.1', resolve));
    await agent.start(healthUrl);
    await expectSpansTaken();
    expect(await expectDegraded(healthUrl, 'listen.http')).to.contain(String(agent.httpPort));
    squatter.close();
    const page = await poll('the page is there', async () => (await fetch(agent.httpUrl)).text(), 20_000);
    expect(page).to.contain('infermeter');
  });

  it('refuses to start beside another agent on the same data directory, and says why', async function () {
    this.timeout(30_000);
    agent = await AgentProcess.create();
    await agent.start();
    const second = await AgentProcess.create({ INFERMETER_DATA_DIR: agent.dataDir });
    const failure = await second.start().then(
      () => 'it started',
      (error: Error) => error.message,
    );
    await second.dispose();
    expect(failure).to.contain('in use by another agent');
  });

  it('ends within two seconds of SIGTERM with exit code 0', async function () {
    this.timeout(30_000);
    agent = await AgentProcess.create();
    await agent.start();
    expect(await agent.end('SIGTERM')).to.equal(0);
  });
});
