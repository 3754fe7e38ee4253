import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeNetwork } from './network-graph.ts';
import type { Variant } from './network-shape.ts';
import type { LayerWeights } from './network-weights.ts';

const TOP = 3;

export interface Prediction {
  readonly label: number;
  readonly probability: number;
}

/** One variant of the network in ONNX Runtime, on one CPU thread; three steps, so that each can be timed. */
export class Classifier {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async load(layers: readonly LayerWeights[], variant: Variant): Promise<Classifier> {
    const session = await InferenceSession.create(encodeNetwork(layers, variant), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    });
    return new Classifier(session);
  }

  /** Brings the features to mean 0 and deviation 1. */
  preprocess(features: readonly number[]): Float32Array {
    const input = Float32Array.from(features);
    const mean = input.reduce((sum, value) => sum + value, 0) / input.length;
    const variance = input.reduce((sum, value) => sum + (value - mean) ** 2, 0) / input.length;
    const deviation = Math.sqrt(variance) || 1;
    return input.map((value) => (value - mean) / deviation);
  }

  async infer(input: Float32Array): Promise<Float32Array> {
    const outputs = await this.#session.run({ features: new Tensor('float32', input, [1, input.length]) });
    return outputs['logits']?.data as Float32Array;
  }

  /** The most probable labels, by softmax. */
  postprocess(logits: Float32Array): Prediction[] {
    const greatest = Math.max(...logits);
    const exponentials = Array.from(logits, (logit) => Math.exp(logit - greatest));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    return exponentials
      .map((value, label) => ({ label, probability: value / sum }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, TOP);
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
