import { dirname } from 'node:path';
import { expect } from 'chai';
import { SystemClock } from '../../agent/core/clock.ts';
import { checkGpus } from '../../agent/gpu-checks.ts';
import { configOf } from '../config/config-of.ts';
import { buildFakeNvml, controlFakeNvml, fakeUuid } from '../fakes/nvml/fake-nvml.ts';

describe('check of the GPUs', function () {
  this.timeout(30_000);
  const parts = { clock: new SystemClock(), hasDriver: () => false };

  const idle: readonly [string, string, string][] = [
    ['is content without a driver', 'auto', 'no NVIDIA driver found'],
    ['does not look where none is to be read', 'none', 'gpu.source is none'],
  ];
  for (const [title, source, reason] of idle) {
    it(title, async () => {
      const config = configOf({ flags: [`gpu.source=${source}`] });
      expect(await checkGpus(config, parts)).to.deep.equal([{ name: 'gpu', ok: true, reason }]);
    });
  }

  it('says of each GPU what it gives, and which are lost', async function () {
    const library = buildFakeNvml();
    if (library === undefined) return this.skip();
    const config = configOf({ flags: ['gpu.source=nvml'] });
    controlFakeNvml(library, ['set * devices 2', 'set 0 fan none', 'lost 1', 'process 0 C 7 512 0 0']);
    const environment = { LD_LIBRARY_PATH: dirname(library) };
    const [source, first, second] = await checkGpus(config, { ...parts, environment });
    expect(source).to.deep.equal({ name: 'gpu', ok: true, reason: 'read by nvml: gpu.source is nvml' });
    expect(first).to.include({ name: 'gpu 0', ok: true });
    expect(first.reason).to.match(
      new RegExp(
        `^NVIDIA H100 80GB HBM3, ${fakeUuid(0)}: processes \\(1\\), energy, power samples, \\d+ figures of activity, \\d+ fields \\(not given: .*pcie_rx_util`,
      ),
    );
    expect(second).to.include({ name: 'gpu 1', ok: false });
  });

  it('fails where the source that the config names cannot be read', async function () {
    const library = buildFakeNvml();
    if (library === undefined) return this.skip();
    controlFakeNvml(library, ['answer nvmlInit_v2 * 4']);
    const config = configOf({ flags: ['gpu.source=nvml'] });
    const environment = { LD_LIBRARY_PATH: dirname(library) };
    const [finding] = await checkGpus(config, { ...parts, environment });
    expect(finding).to.include({ name: 'gpu', ok: false });
    expect(finding.reason).to.contain('does not let this user read it');
  });
});
