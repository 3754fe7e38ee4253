import { expect } from 'chai';
import { PodGpuFinder } from '../../../agent/gpu/kubelet/pod-gpu-finder.ts';
import { listPodResources } from '../../../agent/gpu/kubelet/pod-resources-client.ts';
import { FakeKubelet } from '../../fakes/kubelet/fake-kubelet.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { SilentLogger } from '../../fakes/silent-logger.ts';
import { pause, poll } from '../../poll.ts';

const GPU = 'GPU-0a1b2c3d-0000-4000-8000-00000000000a';
const OTHER = 'GPU-0a1b2c3d-0000-4000-8000-00000000000b';
const POD = { namespace: 'models', name: 'llama-0' };
const PODS = [
  { namespace: 'models', name: 'llama-1', devices: [['nvidia.com/gpu', OTHER]] },
  { ...POD, devices: [['nvidia.com/gpu', GPU]] },
] as const;

describe('GPUs of a pod, asked of a kubelet', () => {
  let kubelet: FakeKubelet;
  let clock: ManualClock;
  let finder: PodGpuFinder;

  beforeEach(() => {
    kubelet = new FakeKubelet();
    clock = new ManualClock();
    finder = create(POD);
  });
  afterEach(async () => {
    await finder.stop();
    kubelet.stop();
  });

  function create(pod?: typeof POD): PodGpuFinder {
    const parts = { clock, log: new SilentLogger(), random: () => 0, list: listPodResources };
    return new PodGpuFinder({ socketPath: kubelet.socketPath, ...(pod && { pod }) }, parts);
  }

  /** Lets time pass until `reason` is given. */
  async function reasonIs(fragment: string): Promise<void> {
    await poll(`the reason holds "${fragment}"`, async () => {
      await clock.advance(1000);
      await pause(5);
      return finder.ownership().reason.includes(fragment) || undefined;
    });
  }

  async function degradedReason(): Promise<string> {
    const [{ component, reason } = { component: '', reason: '' }] = await poll('degraded', async () => {
      await clock.advance(1000);
      await pause(5);
      const found = finder.degradations();
      return found.length > 0 ? found : undefined;
    });
    expect(component).to.equal('gpu.pod_resources');
    return reason;
  }

  it('are known at once, and asked for once', async () => {
    kubelet.pods = PODS;
    await kubelet.start();
    await finder.start();
    await reasonIs('gave it');
    expect(finder.ownership().uuids).to.deep.equal([GPU]);
    await clock.advance(3_600_000);
    await pause(20);
    expect(kubelet.calls).to.equal(1);
    expect(finder.degradations()).to.deep.equal([]);
  });

  it('are asked for again while the kubelet is away, which is said, and found when it is back', async () => {
    await finder.start();
    expect(await degradedReason())
      .to.contain(kubelet.socketPath)
      .and.to.contain('only root may open');
    expect(finder.ownership().uuids).to.equal(undefined);
    kubelet.pods = PODS;
    await kubelet.start();
    await reasonIs('gave it');
    expect(finder.degradations()).to.deep.equal([]);
  });

  it('are asked for again while the kubelet does not know the pod yet', async () => {
    await kubelet.start();
    await finder.start();
    await reasonIs('knows no pod models/llama-0');
    kubelet.pods = PODS;
    await reasonIs('gave it');
  });

  it('need the name of the pod', async () => {
    await kubelet.start();
    finder = create();
    await finder.start();
    expect(await degradedReason()).to.contain('POD_NAMESPACE');
    expect(kubelet.calls).to.equal(0);
  });

  it('hold no stop up while the kubelet hangs', async () => {
    kubelet.hangs = true;
    await kubelet.start();
    await finder.start();
    await poll('asked', async () => kubelet.calls || undefined);
    await finder.stop();
    expect(finder.ownership().uuids).to.equal(undefined);
  });
});
