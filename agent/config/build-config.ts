import type { ListenOptions } from '../core/listen-options.ts';
import type { Config, ForwardConfig, GpuConfig, InfluxdbConfig, WatchConfig } from './config.ts';
import { forwardProtocol } from './forward-checks.ts';
import type { ParsedConfig } from './schema.ts';
import { effectiveWindowsMs, ringSlices } from './windows.ts';

type ParsedListener = ParsedConfig['listen']['grpc'];

/** Names with units, off as absent, and what follows from other keys. `windowsChosen`: they are no default. */
export function buildConfig(parsed: ParsedConfig, windowsChosen: boolean): Config {
  const { interval: intervalMs, lateness: latenessMs, tags, labels, log } = parsed;
  const windowsMs = effectiveWindowsMs(parsed.windows, intervalMs, windowsChosen);
  const watch = watchOf(parsed.watch);
  const forward = forwardOf(parsed.forward);
  const exporters = exportersOf(parsed.exporters);
  const histogram = histogramOf(parsed.histogram, exporters);
  return {
    intervalMs,
    windowsMs,
    latenessMs,
    ringSlices: ringSlices(windowsMs, latenessMs, intervalMs),
    ...(histogram && { histogram }),
    tags,
    ...(parsed.instance !== 'auto' && { instance: parsed.instance }),
    dataDir: parsed.data_dir,
    listen: listenOf(parsed.listen),
    slo: parsed.slo.map(({ model, variant, latency, ttft }) => ({
      model,
      ...(variant && { variant }),
      ...(latency !== undefined && { latencyMs: latency }),
      ...(ttft !== undefined && { ttftMs: ttft }),
    })),
    match: matchOf(parsed.match),
    ...(watch && { watch }),
    gpu: gpuOf(parsed.gpu),
    baseline: baselineOf(parsed.baseline),
    scrape: scrapeOf(parsed.scrape, intervalMs),
    labels,
    log,
    limits: {
      series: parsed.limits.series,
      messageBytes: parsed.limits.message_bytes,
      labelBytes: parsed.limits.label_bytes,
      operators: parsed.limits.operators,
      streams: parsed.limits.streams,
      outboxBytes: parsed.limits.outbox_bytes,
    },
    ...(forward && { forward }),
    exporters,
  };
}

function histogramOf(
  chosen: ParsedConfig['histogram'],
  { influxdb }: Config['exporters'],
): Config['histogram'] {
  if (chosen === 'auto') return influxdb === undefined ? undefined : 4;
  if (chosen === 'off') return undefined;
  return chosen === '4' ? 4 : 8;
}

function matchOf(parsed: ParsedConfig['match']): Config['match'] {
  return parsed.map((entry) => {
    const { service, model, set_model: setModel, variant } = entry;
    const { expect_tensor: expectTensor, sample_rate: sampleRate } = entry;
    return {
      ...(service && { service }),
      ...(model && { model }),
      ...(setModel && { setModel }),
      ...(variant && { variant }),
      ...(expectTensor && { expectTensor }),
      ...(sampleRate && { sampleRate }),
    };
  });
}

function listenOf(parsed: ParsedConfig['listen']): Config['listen'] {
  const { grpc, socket, otlp_http: otlpHttp, http, health } = parsed;
  return {
    grpc: listenerOf(grpc),
    ...(socket !== '' && { socket }),
    ...(otlpHttp.address !== '' && { otlpHttp: listenerOf(otlpHttp) }),
    ...(http.address !== '' && { http: listenerOf(http) }),
    ...(health.address !== '' && { health: listenerOf(health) }),
  };
}

function listenerOf({ address, tls, token_file: tokenFile }: ParsedListener): ListenOptions {
  const { cert_file: certFile, key_file: keyFile, client_ca_file: clientCaFile } = tls;
  return {
    address,
    ...(certFile && keyFile && { tls: { certFile, keyFile, ...(clientCaFile && { clientCaFile }) } }),
    ...(tokenFile && { tokenFile }),
  };
}

function watchOf({ pid, name }: ParsedConfig['watch']): WatchConfig | undefined {
  if (pid !== undefined) return { pid };
  return name === undefined ? undefined : { name };
}

function forwardOf(parsed: ParsedConfig['forward']): ForwardConfig | undefined {
  const { endpoint, headers, headers_file: headersFile, timeout, max_bytes: maxBytes } = parsed;
  if (endpoint === undefined) return undefined;
  const protocol = forwardProtocol(parsed);
  return { endpoint, protocol, headers, ...(headersFile && { headersFile }), timeoutMs: timeout, maxBytes };
}

function gpuOf(parsed: ParsedConfig['gpu']): GpuConfig {
  const {
    interval: intervalMs,
    process_id: processId,
    devices,
    pod_resources: podResources,
    ...rest
  } = parsed;
  return {
    ...rest,
    intervalMs,
    processId,
    ...(devices.length > 0 && { devices }),
    ...(podResources && { podResources }),
  };
}

function baselineOf({ series, keep, max_bytes: maxBytes }: ParsedConfig['baseline']): Config['baseline'] {
  return { series, keepMs: keep, maxBytes };
}

function scrapeOf(parsed: ParsedConfig['scrape'], everyMs: number): Config['scrape'] {
  return parsed.map(({ interval: intervalMs = everyMs, model, token_file: tokenFile, ...rest }) => ({
    ...rest,
    intervalMs,
    ...(model && { model }),
    ...(tokenFile && { tokenFile }),
  }));
}

function exportersOf({ local, influxdb, prometheus }: ParsedConfig['exporters']): Config['exporters'] {
  const store = influxdbOf(influxdb);
  const localOn = local.enabled === 'auto' ? store === undefined : local.enabled === 'true';
  return {
    ...(localOn && { local: { retentionMs: local.retention, maxBytes: local.max_bytes } }),
    ...(store && { influxdb: store }),
    ...(prometheus.enabled && { prometheus: {} }),
  };
}

function influxdbOf(parsed: ParsedConfig['exporters']['influxdb']): InfluxdbConfig | undefined {
  const { url, version, org, bucket, token, token_file: tokenFile, database } = parsed;
  const { retention_policy: retentionPolicy, username, password, password_file: passwordFile } = parsed;
  if (url === undefined) return undefined;
  return {
    url,
    version,
    ...(org && { org }),
    ...(bucket && { bucket }),
    ...(token && { token }),
    ...(tokenFile && { tokenFile }),
    ...(database && { database }),
    ...(retentionPolicy && { retentionPolicy }),
    ...(username && { username }),
    ...(password && { password }),
    ...(passwordFile && { passwordFile }),
  };
}
