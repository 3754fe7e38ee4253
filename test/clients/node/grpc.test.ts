import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Client, type ClientOptions, createClient } from '../../../clients/node/index.ts';
import { poll } from '../../poll.ts';
import { FakeAgent } from './fake-agent.ts';

describe('clients/node over gRPC', () => {
  let agent: FakeAgent;
  let clients: Client[];

  const connect = (options: ClientOptions = {}): Client => {
    const client = createClient({ address: agent.address, flushIntervalMs: 10, ...options });
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    clients = [];
    agent = new FakeAgent();
    await agent.start();
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close(0)));
    agent.kill();
  });

  it('delivers every span, with its token', async () => {
    const client = connect({ token: () => 'secret' });
    record(client, 10_000);
    await client.close();
    expect(agent.spans).to.equal(10_000);
    expect(agent.authorization).to.equal('Bearer secret');
    expect(client.stats()).to.include({ accepted: 10_000, sent: 10_000, dropped: 0, lastError: undefined });
  });

  it('delivers over a Unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'infermeter-client-'));
    const address = `unix:${join(folder, 'spans.sock')}`;
    const beside = new FakeAgent();
    try {
      await beside.start(address);
      const client = connect({ address });
      record(client, 10);
      await client.close();
      expect(beside.spans).to.equal(10);
    } finally {
      beside.kill();
      await rm(folder, { recursive: true });
    }
  });

  it('outlives an agent that is killed and comes back: nothing is lost, nothing counts twice', async () => {
    const client = connect();
    for (let round = 0; round < 3; round++) {
      record(client, 500);
      await poll('a batch arrives', async () => (agent.spans > round * 1000 ? true : undefined));
      agent.kill();
      record(client, 500);
      await agent.start();
    }
    await client.close(10_000);
    expect(agent.spans).to.equal(3000);
    expect(client.stats()).to.include({
      recorded: 3000,
      accepted: 3000,
      rejected: 0,
      dropped: 0,
      waiting: 0,
    });
  });

  it('sends again what was counted but not answered, and it counts once', async () => {
    const client = connect();
    agent.answersToLose = 2;
    record(client, 100);
    await poll('the batch is answered', async () => (client.stats().accepted === 100 ? true : undefined));
    expect([agent.spans, agent.batches, agent.duplicates]).to.deep.equal([100, 3, 2]);
    expect(client.stats()).to.include({ sent: 100, waiting: 0, reconnects: 2 });
  });

  it('starts before its agent does', async () => {
    agent.kill();
    const client = connect();
    record(client, 10);
    await poll('a failed attempt', async () => client.stats().lastError);
    expect(client.stats()).to.include({ accepted: 0, waiting: 10 });
    await agent.start();
    await client.close(10_000);
    expect(client.stats()).to.include({ accepted: 10, waiting: 0 });
  });

  it('stays within its bound while a slow agent holds the answers back, and says what it dropped', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    agent.beforeAnswer = () => held;
    const client = connect({ maxSpans: 100 });
    for (let round = 0; round < 20; round++) {
      record(client, 100);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    expect(client.stats().waiting).to.be.at.most(900);
    release();
    record(client, 1);
    await client.close(10_000);
    const { recorded, accepted, dropped } = client.stats();
    expect(accepted + dropped).to.equal(recorded);
    expect([agent.spans, agent.clientDropped]).to.deep.equal([accepted, dropped]);
  });

  it('gives up batches that are larger than the agent takes', async () => {
    agent.kill();
    agent = new FakeAgent({ maxMessageBytes: 10_000 });
    await agent.start('localhost:0');
    const client = connect({ address: agent.address });
    record(client, 500);
    await poll('the batch is given up', async () => (client.stats().rejected === 500 ? true : undefined));
    record(client, 10);
    await client.close(10_000);
    expect(client.stats()).to.include({ accepted: 10, rejected: 500, waiting: 0 });
  });

  const unusable: readonly (readonly [string, ClientOptions])[] = [
    ['an address without a meaning', { address: 'ftp://nowhere:x' }],
    ['an address that is no string', { address: 7 as unknown as string }],
    ['a certificate that is none', { tls: { ca: 'no PEM' } }],
    [
      'a token function that throws',
      {
        token: () => {
          throw new Error('no token');
        },
      },
    ],
    ['TLS where the agent has none', { tls: {} }],
    ['no options at all', null as unknown as ClientOptions],
  ];
  for (const [name, options] of unusable) {
    it(`never throws for ${name}`, async () => {
      const client = name === 'no options at all' ? createClient(options) : connect(options);
      record(client, 1);
      if (options !== null) await poll('an error', async () => client.stats().lastError);
      await client.close(0);
      expect(client.stats()).to.include({ recorded: 1, dropped: 1 });
    });
  }
});

function record(client: Client, spans: number): void {
  const series = client.series({ model: 'm', variant: 'int8', phases: ['preprocess', 'inference'] });
  for (let i = 0; i < spans; i++) series.record(5, { phasesMs: [1, 4] });
}
