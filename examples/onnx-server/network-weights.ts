import { seededRandom } from './seeded-random.ts';

/** A fully connected layer: `inputs` × `outputs` weights, row by row, and a bias for each output. */
export interface LayerWeights {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Weights as int8 with one scale for each output: weight ≈ value * scale. */
export interface QuantizedWeights {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Layers of random weights, of a size that keeps the signal's size from layer to layer (He's initialization). */
export function randomLayers(sizes: readonly number[], seed: number): LayerWeights[] {
  const random = seededRandom(seed);
  const between = (bound: number): number => (random() * 2 - 1) * bound;
  return sizes.slice(1).map((outputs, layer) => {
    const inputs = sizes[layer] as number;
    const bound = Math.sqrt(6 / inputs);
    return {
      inputs,
      outputs,
      weights: Float32Array.from({ length: inputs * outputs }, () => between(bound)),
      bias: Float32Array.from({ length: outputs }, () => between(0.1)),
    };
  });
}

/** Symmetric quantization for each output, to -127 … 127. */
export function quantize({ inputs, outputs, weights }: LayerWeights): QuantizedWeights {
  const scales = new Float32Array(outputs);
  for (let i = 0; i < weights.length; i++) {
    const output = i % outputs;
    scales[output] = Math.max(scales[output] as number, Math.abs(weights[i] as number) / 127);
  }
  const values = new Int8Array(inputs * outputs);
  for (let i = 0; i < weights.length; i++) {
    values[i] = Math.round((weights[i] as number) / (scales[i % outputs] as number));
  }
  return { values, scales };
}
