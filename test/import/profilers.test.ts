import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { compareOperators } from '../../agent/baseline/compare-operators.ts';
import type { OperatorRecord, Recording } from '../../agent/baseline/recording.ts';
import { encodeNetwork } from '../../examples/onnx-server/network-graph.ts';
import type { Variant } from '../../examples/onnx-server/network-shape.ts';
import { randomLayers } from '../../examples/onnx-server/network-weights.ts';
import { PYTHON, requireModule } from '../python.ts';
import { ROOT } from '../source-files.ts';
import { TraceFiles } from './trace-files.ts';

const CAPTURES = join(ROOT, 'test/captures/traces');
const ONNX_EXAMPLE = join(ROOT, 'examples/onnx-server');
const RUNS = 20;
/** The profiler's own work, which the trace has apart. */
const OVERHEAD =
  /^(Activity Buffer|Buffer Flush|Command Buffer|Lazy Function|Runtime Triggered|Instrumentation|Resource)/;
const FEATURES = 64;

/** What torch-trace.py writes of `key_averages()`. */
interface TorchTable {
  readonly steps: number;
  readonly rows: readonly {
    readonly name: string;
    readonly calls: number;
    readonly cpu_total_us: number;
    readonly cpu_self_us: number;
    readonly gpu_self_us: number;
  }[];
}

/** The part of onnxruntime-node that profiles. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: object): Promise<unknown>;
      endProfiling(): void;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
}

describe('profilers of others', () => {
  let files: TraceFiles;
  beforeEach(() => {
    files = new TraceFiles();
  });
  afterEach(() => files.remove());

  async function expectTorchTable(tracePath: string, tablePath: string): Promise<void> {
    const { steps, rows } = JSON.parse(readFileSync(tablePath, 'utf8')) as TorchTable;
    const { recording } = await files.import([tracePath]);
    expect(recording.profile?.iterations).to.equal(steps);
    const operators = recording.profile?.operators ?? [];
    const onCpu = rows.filter(({ name, cpu_total_us }) => cpu_total_us > 0 && !OVERHEAD.test(name));
    const ours = byName(operators, 'cpu');
    expect([...ours.keys()].sort()).to.deep.equal(onCpu.map(({ name }) => name).sort());
    for (const row of onCpu) {
      const { calls, totalNs, selfNs } = ours.get(row.name) as OperatorRecord;
      expect(calls, row.name).to.equal(row.calls);
      expect(totalNs, row.name).to.be.closeTo(row.cpu_total_us * 1000, calls);
      expect(selfNs, row.name).to.be.closeTo(row.cpu_self_us * 1000, 10 * calls);
    }
    // Annotations have a row of the GPU too, which sums up kernels that have their own.
    const kernels = rows.filter(({ name, cpu_total_us }) => cpu_total_us === 0 && !ours.has(name));
    for (const row of kernels.filter(({ gpu_self_us }) => gpu_self_us > 0)) {
      const { calls, selfNs } = byName(operators, 'cuda').get(row.name) as OperatorRecord;
      expect(calls, row.name).to.equal(row.calls);
      expect(selfNs, row.name).to.be.closeTo(row.gpu_self_us * 1000, 10 * calls);
    }
  }

  const recorded = readdirSync(CAPTURES).filter((name) => /^torch-\w+\.json\.gz$/.test(name));
  for (const name of recorded) {
    it(`${name}: calls, total and own time are those of PyTorch's own table`, () => {
      const table = name.replace('.json.gz', '-table.json');
      return expectTorchTable(join(CAPTURES, name), join(CAPTURES, table));
    });
  }

  it('PyTorch, now: calls, total and own time are those of its own table', async function () {
    requireModule(this, 'torch');
    const [trace, table] = [join(files.folder, 'trace.json'), join(files.folder, 'table.json')];
    const script = join(ROOT, 'test/import/torch-trace.py');
    execFileSync(PYTHON, [script, trace, table], {
      stdio: 'ignore',
      env: { ...process.env, CUDA_VISIBLE_DEVICES: '' },
    });
    await expectTorchTable(trace, table);
  }).timeout(60_000);

  describe('ONNX Runtime, now', function () {
    this.timeout(60_000);
    before(function () {
      if (existsSync(join(ONNX_EXAMPLE, 'node_modules/onnxruntime-node'))) return;
      console.log('      skipped: run `npm ci` in examples/onnx-server (300 MB) for these tests');
      this.skip();
    });

    /** Runs the example's network, with layers of its own sizes, and imports the profile. */
    async function profileRuns(variant: Variant): Promise<Recording> {
      const runtime = createRequire(join(ONNX_EXAMPLE, 'package.json'))('onnxruntime-node') as OnnxRuntime;
      const folder = mkdtempSync(join(files.folder, 'runs-'));
      const layers = randomLayers([FEATURES, 512, 512, 10], 1);
      const session = await runtime.InferenceSession.create(encodeNetwork(layers, variant), {
        enableProfiling: true,
        profileFilePrefix: join(folder, 'ort'),
        intraOpNumThreads: 1,
      });
      const input = new runtime.Tensor('float32', new Float32Array(FEATURES).fill(1), [1, FEATURES]);
      for (let run = 0; run < RUNS; run++) await session.run({ features: input });
      session.endProfiling();
      await session.release();
      const [name] = readdirSync(folder);
      return (await files.import([join(folder, name)])).recording;
    }

    it('each run is a request, and its nodes lie within it', async () => {
      const { slices, profile } = await profileRuns('fp32');
      const requests = slices.reduce((sum, slice) => sum + slice.requests, 0);
      const latencyNs = slices.reduce((sum, slice) => sum + slice.weightedNs, 0);
      const { iterations = 0, operators = [] } = profile ?? {};
      expect([requests, iterations]).to.deep.equal([RUNS, RUNS]);
      expect(new Set(operators.map(({ calls }) => calls))).to.deep.equal(new Set([RUNS]));
      const selfNs = operators.reduce((sum, operator) => sum + operator.selfNs, 0);
      expect(selfNs).to.be.within(1, latencyNs);
    });

    it('what int8 replaces stands apart from what it replaces, and the whole is compared', async () => {
      const [fp32, int8] = [await profileRuns('fp32'), await profileRuns('int8')];
      if (fp32.profile === undefined || int8.profile === undefined) throw new Error('both were profiled');
      const { devices, operators } = compareOperators(fp32.profile, int8.profile);
      const sidesOf = (pattern: RegExp) =>
        operators
          .filter(({ name }) => pattern.test(name))
          .map(({ baseline, candidate }) => [baseline, candidate].map((side) => side !== undefined).join());
      expect(new Set(sidesOf(/Quantize/))).to.deep.equal(new Set(['false,true']));
      expect(new Set(sidesOf(/Fusion/))).to.deep.equal(new Set(['true,false']));
      const whole = (side: 'baseline' | 'candidate') =>
        operators.reduce((ns, one) => ns + (one[side]?.selfNs ?? 0), 0);
      expect(devices[0].baseline?.selfNs).to.be.closeTo(whole('baseline'), 1);
      expect(devices[0].candidate?.selfNs).to.be.closeTo(whole('candidate'), 1);
      expect(devices[0].ratio).to.be.closeTo(whole('candidate') / whole('baseline'), 1e-9);
    });
  });
});

function byName(operators: readonly OperatorRecord[], device: string): ReadonlyMap<string, OperatorRecord> {
  return new Map(
    operators.filter((operator) => operator.device === device).map((operator) => [operator.name, operator]),
  );
}
