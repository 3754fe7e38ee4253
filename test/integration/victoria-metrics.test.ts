import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { InfluxdbExporter } from '../../exporters/influxdb/exporter.ts';
import type { InfluxdbOptions } from '../../exporters/influxdb/options.ts';
import { PrometheusExposition } from '../../exporters/prometheus/exposition.ts';
import { fixedStatus } from '../fakes/fixed-status.ts';
import { FixedTotals } from '../fakes/fixed-totals.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { VictoriaMetrics } from '../servers/victoria-metrics.ts';

const never = new AbortController().signal;

describe('prometheus exposition in a real VictoriaMetrics', () => {
  let victoria: VictoriaMetrics | undefined;

  before(async function () {
    requireBinary(this, 'victoria-metrics');
    victoria = await VictoriaMetrics.start();
  });
  after(() => victoria?.stop());

  it('is read to the last line, labels unescaped', async () => {
    const server = victoria ?? expect.fail('VictoriaMetrics runs');
    const tags = { model: 'back\\slash "quoted"\nline', labels: { 'k8s.app': 'a' } };
    const totals = new FixedTotals({ tags, seconds: [0.002, 0.3], errors: 1, phases: { queue: [0.001] } });
    const { text } = await new PrometheusExposition({ totals, status: () => fixedStatus }).metrics();
    const written = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    await server.importPrometheus(text, Date.now() - 60_000);

    const exported = await server.export('{__name__!=""}');
    expect(exported).to.have.length(written.length);
    expect(await server.readOwnMetric('vm_rows_invalid_total')).to.equal(0);
    const [bucket] = await server.export('{__name__="infermeter_request_duration_seconds_bucket",le="0.25"}');
    expect(bucket.metric).to.include({ model: tags.model, k8s_app: 'a', variant: 'default' });
    expect(bucket.values).to.deep.equal([1]);
  });
});

describe('influxdb exporter on a real VictoriaMetrics', () => {
  let victoria: VictoriaMetrics | undefined;
  const endMs = Date.now() - 60_000;

  before(async function () {
    requireBinary(this, 'victoria-metrics');
    victoria = await VictoriaMetrics.start();
  });
  after(() => victoria?.stop());

  const cases: [title: string, path: string, settings: Partial<InfluxdbOptions>, model: string][] = [
    ['/api/v2/write', '', { org: 'o', bucket: 'b' }, 'two'],
    ['/influx/api/v2/write', '/influx', { org: 'o', bucket: 'b', version: '2' }, 'prefixed'],
    ['/write', '', { database: 'd' }, 'one'],
  ];
  for (const [title, path, settings, model] of cases) {
    it(`gives back exactly what was written to ${title}`, async () => {
      const server = victoria ?? expect.fail('VictoriaMetrics runs');
      const options: InfluxdbOptions = { url: server.url + path, version: 'auto', ...settings };
      const exporter = new InfluxdbExporter(options, new ManualClock());
      await exporter.start();
      const lines = `inference,instance=pod-0,model=${model} requests=7i,latency_p50_seconds=0.0125 ${endMs}\n`;
      expect(await exporter.export({ points: 1, gzip: gzipSync(lines) }, never)).to.deep.equal({
        kind: 'accepted',
      });
      expect((await exporter.check(never)).ok).to.equal(true);
      await exporter.stop();

      const exported = await server.export(`{model="${model}"}`);
      const found = exported.map(({ metric, values, timestamps }) => [
        metric['__name__'],
        values,
        timestamps,
      ]);
      expect(found).to.have.deep.members([
        ['inference_requests', [7], [endMs]],
        ['inference_latency_p50_seconds', [0.0125], [endMs]],
      ]);
    });
  }
});
