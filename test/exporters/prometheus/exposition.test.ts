import { expect } from 'chai';
import { PrometheusExposition } from '../../../exporters/prometheus/exposition.ts';
import { BOUNDS_SECONDS } from '../../../exporters/prometheus/request-metrics.ts';
import { fixedStatus } from '../../fakes/fixed-status.ts';
import { type FixedSeries, FixedTotals } from '../../fakes/fixed-totals.ts';
import { parseExposition } from './parsed-exposition.ts';

const SERIES: FixedSeries = {
  tags: { model: 'resnet', variant: 'int8' },
  seconds: [0.0004, 0.003, 0.003, 0.2, 120],
  errors: 2,
  phases: { queue: [0.001, 0.002], inference: [0.1] },
  outputTokens: 40,
};
const LABELS = 'model="resnet",variant="int8"';

describe('prometheus exposition', () => {
  const scrape = async (totals: FixedTotals): Promise<ReadonlyMap<string, number>> => {
    const exposition = new PrometheusExposition({ totals, status: () => fixedStatus });
    return parseExposition((await exposition.metrics()).text);
  };

  it('states the text format', async () => {
    const { contentType } = await new PrometheusExposition({ status: () => fixedStatus }).metrics();
    expect(contentType).to.equal('text/plain; version=0.0.4; charset=utf-8');
  });

  describe('of requests', () => {
    const expected: [sample: string, value: number | undefined][] = [
      [`infermeter_requests_total{${LABELS},status="ok"}`, 5],
      [`infermeter_requests_total{${LABELS},status="error"}`, 2],
      [`infermeter_output_tokens_total{${LABELS}}`, 40],
      [`infermeter_input_tokens_total{${LABELS}}`, undefined],
      [`infermeter_request_duration_seconds_bucket{${LABELS},le="0.001"}`, 1],
      [`infermeter_request_duration_seconds_bucket{${LABELS},le="0.005"}`, 3],
      [`infermeter_request_duration_seconds_bucket{${LABELS},le="60"}`, 4],
      [`infermeter_request_duration_seconds_bucket{${LABELS},le="+Inf"}`, 5],
      [`infermeter_request_duration_seconds_count{${LABELS}}`, 5],
      [`infermeter_request_duration_seconds_sum{${LABELS}}`, 120.2064],
      [`infermeter_phase_duration_seconds_bucket{${LABELS},phase="queue",le="0.001"}`, 1],
      [`infermeter_phase_duration_seconds_count{${LABELS},phase="inference"}`, 1],
      ['infermeter_omitted_series', 0],
      ['infermeter_omitted_phases', 0],
    ];
    for (const [sample, value] of expected) {
      it(`${sample} is ${value ?? 'absent'}`, async () => {
        expect((await scrape(new FixedTotals(SERIES))).get(sample)).to.equal(value);
      });
    }

    it('has buckets that grow with their bound, up to the count at +Inf', async () => {
      const samples = await scrape(new FixedTotals(SERIES));
      for (const name of ['infermeter_request_duration_seconds', 'infermeter_phase_duration_seconds']) {
        const labels = name.includes('phase') ? `${LABELS},phase="queue"` : LABELS;
        const buckets = [...BOUNDS_SECONDS, '+Inf'].map((le) =>
          samples.get(`${name}_bucket{${labels},le="${le}"}`),
        );
        expect(buckets).to.deep.equal(buckets.toSorted((a = 0, b = 0) => a - b));
        expect(buckets.at(-1)).to.equal(samples.get(`${name}_count{${labels}}`));
      }
    });

    it('never goes back from one scrape to the next', async () => {
      const totals = new FixedTotals(SERIES);
      const before = await scrape(totals);
      totals.series = [{ ...SERIES, seconds: [...SERIES.seconds, 0.02], errors: 3 }];
      const after = await scrape(totals);
      for (const [sample, value] of before) expect(after.get(sample), sample).to.be.at.least(value);
    });

    it('leaves out phases first, then series, beyond what one scrape may hold, and counts them', async () => {
      const series = Array.from({ length: 3000 }, (_, i) => ({ ...SERIES, tags: { model: `m${i}` } }));
      const samples = await scrape(new FixedTotals(...series));
      const shown = [...samples.keys()].filter((key) =>
        key.startsWith('infermeter_request_duration_seconds_count'),
      );
      expect(samples.size).to.be.within(50_000, 61_000);
      expect(samples.get('infermeter_omitted_series')).to.equal(3000 - shown.length);
      const phases = [...samples.keys()].filter((key) =>
        key.startsWith('infermeter_phase_duration_seconds_count'),
      );
      expect(samples.get('infermeter_omitted_phases')).to.equal(2 * shown.length - phases.length);
    });

    it('is absent where it is switched off', async () => {
      const exposition = new PrometheusExposition({ status: () => fixedStatus });
      expect((await exposition.metrics()).text).to.not.include('infermeter_requests_total');
    });
  });

  describe('of the agent', () => {
    const expected: [sample: string, value: number][] = [
      ['infermeter_build_info{version="1.2.3",node="node-1"}', 1],
      ['infermeter_degraded{component="exporter:influxdb"}', 1],
      ['infermeter_spans_received_total{source="report"}', 15],
      ['infermeter_spans_ignored_total{source="report",reason="startup_span"}', 5],
      ['infermeter_messages_discarded_total{source="report"}', 8],
      ['infermeter_spans_accepted_total{source="report"}', 6],
      ['infermeter_spans_duplicate_total{source="report"}', 1],
      ['infermeter_spans_rejected_total{source="report",reason="too_late"}', 2],
      ['infermeter_spans_rejected_total{source="report",reason="missing_model"}', 1],
      ['infermeter_messages_malformed_total{source="report"}', 3],
      ['infermeter_messages_malformed_total{source="operator_report"}', 1],
      ['infermeter_profiles_total{source="operator_report"}', 2],
      ['infermeter_operators_accepted_total{source="operator_report"}', 6],
      ['infermeter_operators_rejected_total{source="operator_report",reason="missing_name"}', 2],
      ['infermeter_messages_refused_total{reason="too_large"}', 2],
      ['infermeter_receiving_bytes', 65_536],
      ['infermeter_spans_waiting', 9],
      ['infermeter_spans_hurried_total', 3],
      ['infermeter_client_dropped_total{source="report"}', 4],
      ['infermeter_forwarded_total', 30],
      ['infermeter_forward_failed_total', 1],
      ['infermeter_forward_dropped_total{reason="full"}', 2],
      ['infermeter_forward_dropped_total{reason="expired"}', 3],
      ['infermeter_forward_rejected_total', 4],
      ['infermeter_forward_retries_total', 5],
      ['infermeter_forward_waiting', 6],
      ['infermeter_forward_waiting_bytes', 7000],
      ['infermeter_series', 5],
      ['infermeter_series_limit', 2000],
      ['infermeter_spans_overflowed_total', 7],
      ['infermeter_unwatched_seconds_total', 1.5],
      ['infermeter_flush_seconds', 0.012],
      ['infermeter_outbox_bytes', 4096],
      ['infermeter_outbox_max_bytes', 1_000_000],
      ['infermeter_outbox_oldest_seconds', 2.5],
      ['infermeter_outbox_remaining_seconds', 3600],
      ['infermeter_exporter_state{exporter="influxdb",state="holding"}', 1],
      ['infermeter_exports_total{exporter="influxdb"}', 20],
      ['infermeter_exports_failed_total{exporter="influxdb"}', 2],
      ['infermeter_points_exported_total{exporter="influxdb"}', 1000],
      ['infermeter_points_rejected_total{exporter="influxdb"}', 3],
      ['infermeter_points_dropped_total{exporter="influxdb"}', 4],
      ['infermeter_waiting_points{exporter="influxdb"}', 50],
      ['infermeter_export_seconds{exporter="influxdb"}', 0.015],
      ['infermeter_poll_success{sampler="host"}', 0],
      ['infermeter_polls_failed_total{sampler="host"}', 2],
      ['process_start_time_seconds', 1_800_000_000],
      ['process_cpu_seconds_total', 12.5],
      ['process_resident_memory_bytes', 5e7],
    ];
    let samples: ReadonlyMap<string, number>;
    before(async () => {
      const process = { cpuSeconds: () => 12.5, memoryRssBytes: () => 5e7 };
      const exposition = new PrometheusExposition({ status: () => fixedStatus, process });
      await exposition.metrics();
      samples = parseExposition((await exposition.metrics()).text);
    });
    for (const [sample, value] of expected) {
      it(`${sample} is ${value}, in the second scrape too`, () =>
        expect(samples.get(sample)).to.equal(value));
    }

    it('leaves out what is unknown', async () => {
      const { outbox: _, forward: __, ...withoutOutbox } = fixedStatus;
      const exposition = new PrometheusExposition({ status: () => withoutOutbox });
      const names = [...parseExposition((await exposition.metrics()).text).keys()];
      expect(names.filter((name) => /outbox|forward/.test(name))).to.deep.equal([]);
    });
  });

  it('reads the status once for scrapes that come together', async () => {
    let readings = 0;
    const status = (): typeof fixedStatus => {
      readings += 1;
      return fixedStatus;
    };
    const exposition = new PrometheusExposition({ totals: new FixedTotals(SERIES), status });
    const [first, second] = await Promise.all([exposition.metrics(), exposition.metrics()]);
    expect(readings).to.equal(1);
    expect(first).to.equal(second);
    await exposition.metrics();
    expect(readings).to.equal(2);
  });
});
