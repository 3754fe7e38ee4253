import { createExporters, createExposition, createHistory } from '../exporters/index.ts';
import type { AgentEdge } from './agent-edge.ts';
import { assembleBaseline, type BaselineParts } from './assemble-baseline.ts';
import { assembleGpu, type GpuParts } from './assemble-gpu.ts';
import { assembleIngest, type IngestParts } from './assemble-ingest.ts';
import { assembleScrape } from './assemble-scrape.ts';
import type { BaselineFile } from './baseline/baseline-store.ts';
import type { Config } from './config/config.ts';
import type { Component } from './core/component.ts';
import type { Database } from './core/database.ts';
import type { HealthSource } from './core/health.ts';
import { minutePlace } from './core/minute-place.ts';
import type { Point, Tags } from './core/point.ts';
import type { AgentStatus } from './core/status.ts';
import { HttpServer } from './dashboard/http-server.ts';
import { LiveFeed } from './dashboard/live-feed.ts';
import { Delivery } from './delivery/delivery.ts';
import { Checkpointer } from './flush/checkpointer.ts';
import { FlushLoop } from './flush/flush-loop.ts';
import { SamplerLoop } from './flush/sampler-loop.ts';
import { SelfPoints } from './flush/self-points.ts';
import { HostSampler } from './host/host-sampler.ts';
import { Aggregator } from './window/aggregator.ts';

/** A window is first written this long after its end. */
const GRACE_MS = 2000;
/** Where spans come from exporters that send every 5 s. */
const BATCH_GRACE_MS = 6000;
const MAX_NEW_SERIES_PER_DAY = 10_000;

/** What the parts are made from. */
export interface AgentSources {
  readonly config: Config;
  readonly edge: AgentEdge;
  /** Windows, dedupe memory and outbox. */
  readonly state: Database;
  /** The local history; absent: off. */
  readonly history: Database | undefined;
  readonly baselineFile: BaselineFile;
  /** Of the whole agent, once it runs. */
  readonly status: () => AgentStatus;
  /** Whether this component has started and not stopped. */
  readonly isRunning: (component: Component) => boolean;
}

/** Everything that was built for one run. */
export interface AgentParts extends IngestParts {
  readonly aggregator: Aggregator;
  readonly delivery: Delivery;
  readonly httpServer: HttpServer;
  readonly samplers: readonly SamplerLoop[];
  /** Absent: `gpu.source` is none. */
  readonly gpu: GpuParts | undefined;
  readonly baseline: BaselineParts;
  readonly checkpointer: Checkpointer;
  readonly health: readonly HealthSource[];
  /** In the order in which they start; they stop in reverse. */
  readonly components: readonly Component[];
}

/** Builds every component and gives each what it works on; nothing is started. */
export function assemble(sources: AgentSources): AgentParts {
  const { config, edge, state, history } = sources;
  const { clock, log, identity, random } = edge;
  const tags: Tags = { ...identity.tags, host: identity.host, instance: identity.instance };
  const { offsetMs, delaySlices } = minutePlace(identity.instance, config.intervalMs);
  const aggregator = createAggregator(sources, tags, delaySlices);
  const hostSampler = createHostSampler(sources, tags);
  const gpu = assembleGpu(config, edge, tags, {
    windows: aggregator,
    watchedPids: () => hostSampler.watchedPids,
  });
  const baseline = assembleBaseline(config, edge, tags, {
    windows: gpu?.join.sink ?? aggregator,
    file: sources.baselineFile,
    hasGpu: () => (gpu?.sampler.status().devices.length ?? 0) > 0,
  });
  const ingest = assembleIngest(config, edge, tags, baseline.recorder);
  const { spanServer, otlpHttpServer } = ingest;
  const forwarders = ingest.forwarder ? [ingest.forwarder] : [];
  const exporters = createExporters(config.exporters, { clock, history });
  const delivery = new Delivery(
    { exporters, outboxBytes: config.limits.outboxBytes, offsetMs },
    { database: state, clock, random, log },
  );
  const scrape = assembleScrape(config, edge, tags);
  const samplers = [new SamplerLoop(hostSampler, clock, log), ...(gpu ? [gpu.loop] : []), ...scrape.loops];
  const readerHealth = [hostSampler, ...samplers, ...(gpu?.health ?? []), ...scrape.samplers];
  const readers = [...samplers, ingest.operatorIntake];
  const feed = new LiveFeed(history === undefined ? {} : { keepPoints: 0 });
  const httpServer = createHttpServer(sources, { aggregator, baseline, feed, spanServer });
  const checkpointed = [aggregator, ...(gpu ? [gpu.join] : []), ...ingest.memories, delivery];
  const checkpointer = new Checkpointer(checkpointed, state);
  const flushed = { aggregator, gpu, baseline, readers, delivery, feed, checkpointer };
  const flush = createFlush(sources, tags, flushed);
  return {
    ...ingest,
    aggregator,
    delivery,
    httpServer,
    samplers,
    gpu,
    baseline,
    checkpointer,
    health: [flush, delivery, otlpHttpServer, ...forwarders, httpServer, ...readerHealth, baseline.keeper],
    // The forwarder stops last: it goes on by itself meanwhile, and what is left of the time is not the stores' time.
    components: [
      ...forwarders,
      ...exporters,
      delivery,
      baseline.keeper,
      flush,
      spanServer,
      otlpHttpServer,
      httpServer,
      ...(gpu?.components ?? []),
      ...samplers,
    ],
  };
}

type Emit = (points: readonly Point[]) => void;

interface FlushedParts
  extends Pick<AgentParts, 'aggregator' | 'gpu' | 'baseline' | 'delivery' | 'checkpointer'> {
  readonly readers: readonly { drain(): readonly Point[] }[];
  readonly feed: LiveFeed;
}

function createFlush({ edge, status }: AgentSources, tags: Tags, parts: FlushedParts): FlushLoop {
  const { aggregator, gpu, baseline, readers, delivery, feed, checkpointer } = parts;
  const self = new SelfPoints(tags, edge.process);
  const work = {
    windows: aggregator,
    join: gpu && {
      flush: (nowMs: number, emit: Emit) =>
        gpu.join.flush(nowMs, (points) => {
          baseline.recorder.note(points);
          emit(points);
        }),
    },
    baselines: baseline.keeper,
    readings: (nowMs: number, isLast: boolean) => [
      ...readers.flatMap((reader) => reader.drain()),
      ...self.read(status(), nowMs, isLast),
    ],
    publish: (points: readonly Point[]) => {
      delivery.publish(points);
      feed.publish(points);
    },
    seal: () => delivery.seal(),
    checkpointer,
  };
  return new FlushLoop(work, edge.clock, edge.log);
}

function createAggregator({ config, edge }: AgentSources, tags: Tags, delaySlices: number): Aggregator {
  const { intervalMs, windowsMs, latenessMs, slo, limits, histogram: boundsPerOctave } = config;
  const options = {
    intervalMs,
    windowsMs,
    latenessMs,
    graceMs: GRACE_MS,
    batchGraceMs: BATCH_GRACE_MS,
    maxSeries: limits.series,
    maxNewSeriesPerDay: MAX_NEW_SERIES_PER_DAY,
    objectives: slo,
    ...(boundsPerOctave && { histogram: { boundsPerOctave, delaySlices } }),
  };
  return new Aggregator(options, tags, edge);
}

function createHostSampler({ config, edge }: AgentSources, tags: Tags): HostSampler {
  const { intervalMs, watch } = config;
  return new HostSampler({ clock: edge.clock, intervalMs, tags, ...(watch && { watch }) });
}

interface ServedParts extends Pick<AgentParts, 'aggregator' | 'baseline' | 'spanServer'> {
  readonly feed: LiveFeed;
}

function createHttpServer(
  { config, edge, history, status, isRunning }: AgentSources,
  { aggregator, baseline, feed, spanServer }: ServedParts,
): HttpServer {
  const { listen, exporters } = config;
  const { clock, log, process } = edge;
  const reader = createHistory(exporters, { clock, history });
  const exposition = createExposition(exporters, { totals: aggregator, status, process });
  return new HttpServer(
    { ...(listen.http && { listen: listen.http }), ...(listen.health && { healthListen: listen.health }) },
    {
      status,
      series: () => aggregator.series(),
      metrics: () => exposition.metrics(),
      ...(reader && { history: reader }),
      feed,
      baselines: baseline.baselines,
      taking: () => isRunning(spanServer),
    },
    clock,
    log,
  );
}
