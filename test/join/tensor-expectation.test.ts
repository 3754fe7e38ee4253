import { expect } from 'chai';
import { tensorExpectation } from '../../agent/assemble-gpu.ts';
import { configOf } from '../config/config-of.ts';

describe('the tensor cores that a series should use', () => {
  const cases: [match: string, series: string, expected: string | undefined][] = [
    ['{model: llama, variant: int8, expect_tensor: imma}', 'llama int8', 'imma'],
    ['{model: llama, variant: int8, expect_tensor: imma}', 'llama fp16', undefined],
    ['{model: "llama*", expect_tensor: hmma}', 'llama-70b fp16', 'hmma'],
    ['{model: "llama*", expect_tensor: hmma}', 'qwen fp16', undefined],
    ['{model: a, set_model: b, expect_tensor: hmma}', 'b fp16', 'hmma'],
    ['{model: a, set_model: b, expect_tensor: hmma}', 'a fp16', undefined],
    ['{service: s, variant: int8, expect_tensor: imma}', 'llama int8', 'imma'],
    ['{service: s, expect_tensor: imma}', 'llama int8', undefined],
    ['{service: s, expect_tensor: imma}', 'llama int8 vllm', 'imma'],
    ['{model: llama, variant: int8}, {model: "ll*", expect_tensor: hmma}', 'llama int8', 'hmma'],
  ];
  for (const [match, series, expected] of cases) {
    it(`${match}: ${series} → ${expected}`, () => {
      const [model = '', variant = '', server = ''] = series.split(' ');
      const tags = { model, variant, server, version: '', operation: '', labels: {} };
      expect(tensorExpectation(configOf({ file: `match: [${match}]` }).match)(tags)).to.equal(expected);
    });
  }
});
