import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { failureOf, RunningServer } from '../running-server.ts';
import { HealthClient, ReflectionClient } from '../service-clients.ts';
import { encodeReport, sendReport } from './operator-client.ts';

const SERVICE = 'infermeter.v1.OperatorService';
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNAUTHENTICATED = 16;
const SERIES = { model: 'resnet50', variant: 'int8' };
const MATMUL = { name: 'aten::addmm', device: 'cpu', calls: 5, totalNano: 3000, selfNano: 2000 };

describe('operator service', () => {
  let running: RunningServer;
  let folder = '';
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-'));
    running = await RunningServer.start();
  });
  afterEach(async () => {
    await running.stop();
    rmSync(folder, { recursive: true });
  });

  it('takes a profile, which waits for the next flush as points', async () => {
    const ack = await sendReport(running.address, {
      series: { ...SERIES, labels: { gpu: 'GPU-1', other: 'x' } },
      profiler: 'torch',
      iterations: 10,
      operators: [MATMUL],
    });
    expect(ack).to.deep.equal({ accepted: 1, rejected: 0, duplicate: false, reason: '' });
    const [point] = running.operators.drain();
    expect(point.series.tags).to.deep.equal({
      device: 'cpu',
      gpu: 'GPU-1',
      instance: 'test',
      model: 'resnet50',
      operator: 'aten::addmm',
      profiler: 'torch',
      variant: 'int8',
    });
    expect(point.timestampMs).to.equal(running.clock.wallMs());
    expect(point.fields).to.deep.equal({
      calls: 5,
      total_seconds: 3e-6,
      self_seconds: 2e-6,
      self_per_iteration_seconds: 2e-7,
      share_ratio: 1,
      iterations: 10,
      operators: 1,
    });
    expect(running.operators.drain()).to.deep.equal([]);
  });

  it('answers what does not parse with INVALID_ARGUMENT and what is wrong', async () => {
    const failure = await failureOf(sendReport(running.address, Buffer.from([50, 9])));
    expect(failure).to.deep.equal({ code: INVALID_ARGUMENT, details: 'truncated at byte 2' });
    expect(running.operators.counts()).to.deep.include({ malformed: 1, received: 0 });
  });

  it('asks for another try when too much waits, and takes it after the flush', async () => {
    const operators = Array.from({ length: 2 }, (_, index) => ({ ...MATMUL, name: `op${index}` }));
    const report = { series: SERIES, operators };
    for (let sent = 0; sent < 10_000; sent++) running.operators.receive(encodeReport(report));
    expect(await failureOf(sendReport(running.address, report))).to.include({ code: RESOURCE_EXHAUSTED });
    running.operators.drain();
    expect(await sendReport(running.address, report)).to.include({ accepted: 2 });
  });

  it('is seen by probes and by reflection', async () => {
    const health = new HealthClient(running.address);
    expect(await health.check(SERVICE)).to.equal('SERVING');
    health.close();
    const reflection = new ReflectionClient(running.address);
    expect(await reflection.listServices()).to.include(SERVICE);
    expect(await reflection.methodsOf(SERVICE)).to.deep.equal(['Report']);
    reflection.close();
  });

  it('asks for a token where there is one', async () => {
    const tokenFile = join(folder, 'tokens');
    writeFileSync(tokenFile, 'secret\n');
    const guarded = await RunningServer.start({ listen: { address: '127.0.0.1:0', tokenFile } });
    const report = { series: SERIES, operators: [MATMUL] };
    expect(await failureOf(sendReport(guarded.address, report))).to.include({ code: UNAUTHENTICATED });
    expect(await sendReport(guarded.address, report, 'secret')).to.include({ accepted: 1 });
    await guarded.stop();
  });
});
