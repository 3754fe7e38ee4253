import { dirname } from 'node:path';
import { expect } from 'chai';
import type { FieldsOf } from '../../agent/core/point.ts';
import { FakeNvidiaSmi, type SmiMode } from '../fakes/nvidia-smi/fake-nvidia-smi.ts';
import { buildFakeNvml, controlFakeNvml } from '../fakes/nvml/fake-nvml.ts';
import { FaultRig } from './fault-rig.ts';

/** GPUs that answered, GPUs lost, failed polls and restarts so far, and the class of the failure. */
type Counts = readonly [gpus: number, lost: number, failed: number, restarts: number, failure?: string];

function counted([gpus, lost, failed, restarts, failure]: Counts): FieldsOf<'infermeter'> {
  return {
    poll_success: failure === undefined ? 1 : 0,
    polls_failed_total: failed,
    ...(failure !== undefined && { poll_failure: failure }),
    gpus,
    gpus_lost: lost,
    reader_restarts_total: restarts,
  };
}

describe('faults of the NVIDIA driver', function () {
  this.timeout(120_000);
  let rig: FaultRig;
  afterEach(() => rig.stop());

  it('seen through NVML: what is published and counted in each phase', async function () {
    const library = buildFakeNvml();
    if (library === undefined) return this.skip();
    rig = new FaultRig('nvml', { LD_LIBRARY_PATH: dirname(library) });
    const phases: readonly [string, readonly string[], object, Counts][] = [
      ['healthy', [], { nvidia_smi: 8 }, [8, 0, 0, 0]],
      ['lost one of eight', ['lost 3'], { nvidia_smi: 7 }, [7, 1, 0, 0]],
      ['found again', [], { nvidia_smi: 8 }, [8, 0, 0, 0]],
      ['garbage values', ['garbage values'], { nvidia_smi: 8 }, [8, 0, 0, 0]],
      ['garbage sizes', ['garbage sizes'], { nvidia_smi: 8 }, [8, 0, 0, 0]],
      ['hung', ['hang nvmlDeviceGetUtilizationRates'], {}, [0, 0, 1, 0, 'hung']],
      ['hung still', ['hang nvmlDeviceGetUtilizationRates'], {}, [0, 0, 2, 1, 'hung']],
      ['back', [], { nvidia_smi: 8 }, [8, 0, 2, 2]],
      ['crashed', ['die nvmlDeviceGetUtilizationRates'], {}, [0, 0, 3, 2, 'failed']],
      ['another version than the kernel', ['answer * * 18'], {}, [0, 0, 4, 3, 'driver_mismatch']],
      ['forbidden', ['answer nvmlInit_v2 * 4'], {}, [0, 0, 5, 4, 'permission']],
      ['unloaded', ['answer nvmlInit_v2 * 9'], {}, [0, 0, 6, 5, 'not_installed']],
      ['lost all', ['lost *'], {}, [0, 0, 7, 6, 'lost']],
      ['garbage codes', ['garbage codes'], {}, [0, 0, 8, 7, 'failed']],
      ['back after all that', [], { nvidia_smi: 8 }, [8, 0, 8, 8]],
    ];
    for (const [name, directives, published, counts] of phases) {
      controlFakeNvml(library, ['set * devices 8', ...directives]);
      // A GPU that was lost is looked for in full readings only.
      if (name === 'found again') for (let tick = 0; tick < 10; tick++) await rig.poll();
      const outcome = await rig.poll({ hangs: counts[4] === 'hung' });
      expect(outcome, name).to.deep.equal({ published, counted: counted(counts) });
    }
  });

  it('seen through nvidia-smi: what is published and counted in each phase', async () => {
    const program = new FakeNvidiaSmi();
    rig = new FaultRig('nvidia-smi', { PATH: program.path });
    const eight = { nvidia_smi: 8, nvidia_smi_process: 8 };
    const phases: readonly [SmiMode, object, Counts][] = [
      ['healthy', eight, [8, 0, 0, 0]],
      ['warning', eight, [8, 0, 0, 0]],
      ['one_lost', { nvidia_smi: 7, nvidia_smi_process: 7 }, [7, 1, 0, 0]],
      ['one_gone', { nvidia_smi: 7, nvidia_smi_process: 7 }, [7, 1, 0, 0]],
      ['healthy', eight, [8, 0, 0, 0]],
      ['stubborn_hang', {}, [0, 0, 1, 0, 'hung']],
      ['crash', {}, [0, 0, 2, 1, 'failed']],
      ['driver_mismatch', {}, [0, 0, 3, 2, 'driver_mismatch']],
      ['no_permission', {}, [0, 0, 4, 3, 'permission']],
      ['no_driver', {}, [0, 0, 5, 4, 'not_installed']],
      ['all_lost', {}, [0, 0, 6, 5, 'lost']],
      ['garbage', {}, [0, 0, 7, 6, 'failed']],
      ['healthy', eight, [8, 0, 7, 7]],
    ];
    try {
      for (const [mode, published, counts] of phases) {
        program.answer(mode);
        const outcome = await rig.poll({ hangs: counts[4] === 'hung' });
        expect(outcome, mode).to.deep.equal({ published, counted: counted(counts) });
      }
    } finally {
      program.remove();
    }
  });

  it('while they last, are tried less and less often, and then read again at the interval', async function () {
    const library = buildFakeNvml();
    if (library === undefined) return this.skip();
    rig = new FaultRig('nvml', { LD_LIBRARY_PATH: dirname(library) });
    controlFakeNvml(library, ['answer nvmlInit_v2 * 9']);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      await rig.poll();
      waits.push(Math.round(rig.sampler.intervalMs / 1000));
    }
    expect(waits).to.deep.equal([1, 2, 4, 8]);
    controlFakeNvml(library, []);
    await rig.poll();
    expect(rig.sampler.intervalMs).to.equal(1000);
    expect(rig.log.lines).to.include('info the GPUs are read again');
  });
});
