import { expect } from 'chai';
import type { MeasurementSpec } from '../../../agent/core/catalog/measurement-spec.ts';
import { nvidiaSmi } from '../../../agent/core/catalog/nvidia-smi.ts';
import { parseText, parseValue } from '../../../agent/gpu/nvidia-smi/smi-value.ts';

const { fields }: MeasurementSpec = nvidiaSmi;

describe('values of nvidia-smi', () => {
  const values: readonly (readonly [field: string, text: string, value: number | string])[] = [
    ['memory_total', '81559 MiB', 81_559],
    ['utilization_gpu', '98 %', 98],
    ['utilization_gpu', '98%', 98],
    ['power_draw', '692.88 W', 692.88],
    ['power_draw', '70 W', 70],
    ['pcie_link_width_current', '16x', 16],
    ['pcie_link_gen_current', '5', 5],
    ['pcie_rx_util', '13577 KB/s', 13_577],
    ['clocks_event_reasons_counters_sync_boost', '26235839 us', 26_235_839],
    ['encoder_stats_average_latency', '0', 0],
    ['temperature_max_tlimit_threshold', '-8 C', -8],
    ['temperature_gpu', '-0 C', 0],
    ['clocks_event_reason_gpu_idle', 'Active', 1],
    ['clocks_event_reason_gpu_idle', 'Not Active', 0],
    ['current_ecc', 'Disabled', 'Disabled'],
    ['remapped_rows_pending', 'No', 'No'],
  ];
  for (const [field, text, value] of values) {
    it(`reads "${text}" of ${field} as ${value}`, () => {
      const read = parseValue(text, fields[field]);
      expect(read).to.equal(value);
      expect(Object.is(read, -0)).to.equal(false);
    });
  }

  const none: readonly (readonly [field: string, texts: readonly string[]])[] = [
    ['memory_used', ['', 'N/A', '[N/A]', '[Not Supported]', '[Unknown Error]', 'ERR!', 'Active', '12 GiB']],
    ['memory_used', ['Insufficient Permissions', '18446744073709551615 MiB', '17592186044415 MiB', '-1 MiB']],
    ['utilization_gpu', ['12.5 %', '4294967295 %', '98 W', 'NaN', 'Infinity %', '0x10 %', '1e3 %', '1 2 %']],
    ['clocks_current_sm', ['4294967295 MHz', '1980 MHz MHz', 'GPU is lost', '1980MHzz']],
    ['power_draw', ['nan W', '. W', '4294967.295 W', '1e9 W', '١٢ W']],
    ['temperature_gpu', ['4294967295 C', '-300 C']],
    ['encoder_stats_average_latency', ['4294967295', '4294967295 us', '9223372036854775807']],
    ['clocks_event_reason_gpu_idle', ['Yes', 'constructor', '4294967295']],
    ['display_mode', ['Requested functionality has been deprecated', '[Not Supported]', 'x'.repeat(300)]],
    ['serial', ['Insufficient Permissions', '[insufficient permissions]', 'unknown error']],
  ];
  for (const [field, texts] of none) {
    for (const text of texts) {
      it(`takes "${text.slice(0, 40)}" of ${field} for no value`, () => {
        expect(parseValue(text, fields[field])).to.equal(undefined);
      });
    }
  }

  it('takes an element that is not there for no value', () => {
    expect(parseValue(undefined, fields['serial'])).to.equal(undefined);
    expect(parseText(undefined)).to.equal(undefined);
  });
});
