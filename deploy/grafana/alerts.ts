import type { AlertSpec } from './alert-rule.ts';
import { RANGE } from './influxql.ts';

/** Windows that ended in these ten minutes are final: the last spans may come half a minute after their end. */
const FINAL: AlertSpec['range'] = [660, 60];
/** Of all windows together, which overlap: about eight requests. */
const ENOUGH = 100;

/** Rules by group; every group is judged each minute. */
export const alerts: Readonly<Record<string, readonly AlertSpec[]>> = {
  inference: [
    {
      name: 'slo',
      title: 'p95 over the objective',
      severity: 'critical',
      query: `SELECT "good" / "n" AS "within" FROM (SELECT sum("good") AS "good", sum("requests") AS "n" FROM (SELECT "slo_ratio" * "requests" AS "good", "requests" FROM "inference" WHERE "slo_ratio" >= 0 AND ${RANGE}) WHERE ${RANGE} GROUP BY "model", "variant") WHERE "n" >= ${ENOUGH} GROUP BY "model", "variant"`,
      range: FINAL,
      fires: { when: 'lt', bound: 0.95 },
      for: '5m',
      summary:
        '{{ .Labels.model }} {{ .Labels.variant }}: more than 5 % of its requests miss their latency objective',
      meaning:
        'Less than 95 % of the requests of the last ten minutes succeeded within the objective (`slo`): their 95th percentile is above it. Counted exactly; failed requests count as missed.',
      todo: 'Look at the phases: a long queue asks for replicas or a lower batch limit, a long inference for a look at the GPU (held back, shared, memory). If the variant changed lately, compare it with its baseline and go back.',
      panel: ['inference', 'Within the objective'],
    },
    {
      name: 'errors',
      title: 'Requests fail',
      severity: 'critical',
      // The division stands outside: within, InfluxQL makes an integer of it.
      query: `SELECT "errors" / "n" AS "ratio" FROM (SELECT sum("errors") AS "errors", sum("requests") AS "n" FROM "inference" WHERE "errors" >= 0 AND ${RANGE} GROUP BY "model", "variant") WHERE "n" >= ${ENOUGH} GROUP BY "model", "variant"`,
      range: FINAL,
      fires: { when: 'gt', bound: 0.05 },
      for: '5m',
      summary: '{{ .Labels.model }} {{ .Labels.variant }}: more than 5 % of its requests fail',
      meaning: 'Failed requests / requests of the last ten minutes, of senders that state a status.',
      todo: 'Read the log of the inference server. Fast errors are mostly refused input or memory, slow ones timeouts: see the latency of errors. Take the variant out of service if only it fails.',
      panel: ['inference', 'Errors'],
    },
    {
      name: 'server-errors',
      title: 'The inference server counts failures',
      severity: 'critical',
      query: `SELECT mean("error_ratio") AS "ratio" FROM "server" WHERE ${RANGE} GROUP BY "model", "variant", "endpoint"`,
      range: [600, 0],
      fires: { when: 'gt', bound: 0.05 },
      for: '5m',
      summary:
        '{{ .Labels.model }} {{ .Labels.variant }}: the server at {{ .Labels.endpoint }} fails more than 5 % of its requests',
      meaning:
        'From the counters of the server itself: vLLM and Triton set no status on their spans, so that this is where their errors show.',
      todo: 'Read the log of that server, and look at its KV cache and queue.',
      panel: ['inference', 'Errors'],
    },
  ],
  gpu: [
    {
      name: 'gpu-memory',
      title: 'GPU memory nearly full',
      severity: 'warning',
      query: `SELECT max("memory_used") / (max("memory_used") + min("memory_free")) AS "used" FROM "nvidia_smi" WHERE ${RANGE} GROUP BY "uuid", "index", "host"`,
      range: [600, 0],
      fires: { when: 'gt', bound: 0.97 },
      for: '10m',
      summary: 'GPU {{ .Labels.index }} of {{ .Labels.host }}: memory is nearly full',
      meaning:
        'More than 97 % of the memory that the driver does not keep for itself was in use at some time of the last ten minutes, for ten minutes. vLLM and others take most of it at their start: that alone stays below.',
      todo: 'See which process holds it. Lower the share that the server takes, its batch or its context length, before the next long request ends in an out-of-memory error.',
      panel: ['gpu', 'Memory'],
    },
    {
      name: 'gpu-throttled',
      title: 'GPU is held back',
      severity: 'warning',
      query: `SELECT mean("clocks_event_reason_hw_slowdown") + mean("clocks_event_reason_sw_thermal_slowdown") AS "held" FROM "nvidia_smi" WHERE ${RANGE} GROUP BY "uuid", "index", "host"`,
      range: [600, 0],
      fires: { when: 'gt', bound: 0.1 },
      for: '10m',
      summary: 'GPU {{ .Labels.index }} of {{ .Labels.host }}: heat or power holds its clocks back',
      meaning:
        'In more than a tenth of the readings of ten minutes the clocks were held back by heat or by the hardware’s power brake. The usual power limit does not count.',
      todo: 'Check the fans, the inlet temperature and the power supply. Until then latency of this GPU is no measure of the model: move load away, and do not record baselines here.',
      panel: ['gpu', 'Held back'],
    },
    {
      name: 'tensor-idle',
      title: 'The expected tensor cores are idle',
      severity: 'warning',
      query: `SELECT max("tensor_expected_ratio") AS "used" FROM "inference_gpu" WHERE "exclusive_ratio" >= 0.9 AND "gpu_share_ratio" >= 0.05 AND ${RANGE} GROUP BY "model", "variant", "instance"`,
      range: [960, 60],
      fires: { when: 'lt', bound: 0.005 },
      for: '15m',
      summary:
        '{{ .Labels.model }} {{ .Labels.variant }} on {{ .Labels.instance }} does not use the tensor cores that `expect_tensor` names',
      meaning:
        'In no window of a quarter of an hour in which it ran, alone on its GPU, were they busy for half a percent of the time. Hopper GPUs and later; where the driver does not show processes nothing is judged.',
      todo: 'The engine fell back to other kernels: look for layers that were not quantized, for a precision flag that was not set, and for shapes that the kernels do not support. Compare operators with those of a profile that did use them.',
      panel: ['quantization', 'Tensor cores while it runs'],
    },
  ],
  agents: [
    {
      name: 'silent',
      title: 'An agent is silent',
      severity: 'warning',
      // Two steps together: the last one has only begun, and may be empty without meaning anything.
      query: `SELECT moving_average("points", 2) AS "points" FROM (SELECT count("uptime_seconds") AS "points" FROM "infermeter" WHERE "component" = 'process' AND ${RANGE} GROUP BY time(5m), "instance" fill(0)) GROUP BY "instance"`,
      range: [3600, 0],
      fires: { when: 'lt', bound: 0.1 },
      unless: {
        query: `SELECT last("stopping") AS "stopping" FROM "infermeter" WHERE "component" = 'process' AND ${RANGE} GROUP BY "instance"`,
        bound: 1,
      },
      for: '2m',
      summary: '{{ .Labels.instance }} has written nothing for five minutes, and did not say that it stops',
      meaning:
        'An agent that wrote within the last hour has been silent for five to ten minutes. Its last point did not say that it stops: it was killed, its machine is gone, or it cannot reach this store; then its points wait in its outbox and come later. Ends by itself an hour after the last point.',
      todo: 'Look whether the machine is there, then at the agent’s `/readyz`: `degraded` says what is wrong, and how many minutes of outage its outbox still holds.',
      panel: ['fleet', 'Instances'],
    },
    {
      name: 'queue',
      title: 'Points wait for the store',
      severity: 'warning',
      query: `SELECT max("outbox_oldest_seconds") AS "age" FROM "infermeter" WHERE "component" = 'outbox' AND ${RANGE} GROUP BY "instance"`,
      range: [300, 0],
      fires: { when: 'gt', bound: 120 },
      for: '5m',
      summary: '{{ .Labels.instance }}: its oldest point has waited for more than two minutes',
      meaning:
        'The store takes points more slowly than they come. When the outbox is full the oldest are lost.',
      todo: 'Look at the store’s load and its limits. Fewer windows or labels make fewer points; `limits.outbox_bytes` buys time.',
      panel: ['fleet', 'Oldest point that waits'],
    },
    {
      name: 'points-lost',
      title: 'Points are lost',
      severity: 'critical',
      query: `SELECT last("points_dropped_total") + last("points_rejected_total") - first("points_dropped_total") - first("points_rejected_total") AS "lost" FROM "infermeter" WHERE "component" = 'exporter' AND ${RANGE} GROUP BY "instance", "exporter"`,
      range: [600, 0],
      fires: { when: 'gt', bound: 0 },
      for: '0s',
      summary: '{{ .Labels.instance }}: {{ .Labels.exporter }} has lost points',
      meaning: 'In the last ten minutes the outbox was full, or the store refused points for good.',
      todo: 'The agent’s log says which. Refused points are mostly a field that has another type in the store: write to a database of its own.',
      panel: ['fleet', 'Points lost'],
    },
    {
      name: 'readings',
      title: 'Readings fail',
      severity: 'warning',
      query: `SELECT mean("poll_success") AS "success" FROM "infermeter" WHERE "component" = 'sampler' AND ${RANGE} GROUP BY "instance", "sampler"`,
      range: [300, 0],
      fires: { when: 'lt', bound: 0.5 },
      for: '5m',
      summary: '{{ .Labels.instance }}: {{ .Labels.sampler }} cannot be read',
      meaning:
        'More than half of the readings of five minutes failed: the GPU’s driver hangs or is gone, or a server’s metrics do not answer. Nothing is published of it meanwhile.',
      todo: 'The agent’s status and log say why. For GPUs: `nvidia-smi` on the machine, and the driver’s messages in the kernel log.',
      panel: ['fleet', 'Readings that succeed'],
    },
  ],
};
