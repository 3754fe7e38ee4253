import onnxProto, { type onnx as Onnx } from 'onnx-proto';
import type { Variant } from './network-shape.ts';
import { type LayerWeights, quantize } from './network-weights.ts';

/** A CommonJS package whose named exports Node does not see. */
const { onnx } = onnxProto;

const OPSET = 13;
const IR_VERSION = 8;
const { DataType } = onnx.TensorProto;

/** The network's file as ONNX Runtime loads it: input `features` [1, n], output `logits` [1, classes]. */
export function encodeNetwork(layers: readonly LayerWeights[], variant: Variant): Uint8Array {
  const nodes: Onnx.INodeProto[] = [];
  const initializers: Onnx.ITensorProto[] = [];
  let value = 'features';
  layers.forEach((layer, i) => {
    const last = i === layers.length - 1;
    const graph = { nodes, initializers, prefix: `layer${i}`, input: value };
    const sum = variant === 'fp32' ? addFloatLayer(layer, graph) : addIntegerLayer(layer, graph);
    value = last ? 'logits' : `layer${i}_out`;
    nodes.push({ opType: last ? 'Identity' : 'Relu', input: [sum], output: [value] });
  });
  const graph = {
    name: `classifier-${variant}`,
    node: nodes,
    initializer: initializers,
    input: [floatTensorInfo('features', (layers[0] as LayerWeights).inputs)],
    output: [floatTensorInfo('logits', (layers.at(-1) as LayerWeights).outputs)],
  };
  const model = { irVersion: IR_VERSION, opsetImport: [{ domain: '', version: OPSET }], graph };
  return onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish();
}

/** Where a layer's nodes go, and the name of the value that it takes. */
interface GraphPart {
  readonly nodes: Onnx.INodeProto[];
  readonly initializers: Onnx.ITensorProto[];
  readonly prefix: string;
  readonly input: string;
}

/** input · W + b; returns the sum's name. */
function addFloatLayer(layer: LayerWeights, { nodes, initializers, prefix, input }: GraphPart): string {
  const { inputs, outputs, weights, bias } = layer;
  initializers.push(tensor(`${prefix}_w`, [inputs, outputs], DataType.FLOAT, weights));
  initializers.push(tensor(`${prefix}_b`, [outputs], DataType.FLOAT, bias));
  nodes.push({ opType: 'MatMul', input: [input, `${prefix}_w`], output: [`${prefix}_product`] });
  nodes.push({ opType: 'Add', input: [`${prefix}_product`, `${prefix}_b`], output: [`${prefix}_sum`] });
  return `${prefix}_sum`;
}

/** The same with int8 weights, and activations quantized as they come (dynamic quantization). */
function addIntegerLayer(layer: LayerWeights, { nodes, initializers, prefix, input }: GraphPart): string {
  const { inputs, outputs, bias } = layer;
  const { values, scales } = quantize(layer);
  const name = (part: string): string => `${prefix}_${part}`;
  initializers.push(tensor(name('w'), [inputs, outputs], DataType.INT8, values));
  initializers.push(tensor(name('w_scale'), [outputs], DataType.FLOAT, scales));
  initializers.push(tensor(name('w_zero'), [], DataType.INT8, Int8Array.of(0)));
  initializers.push(tensor(name('b'), [outputs], DataType.FLOAT, bias));
  const node = (opType: string, from: string[], to: string[]): void => {
    nodes.push({ opType, input: from, output: to });
  };
  node('DynamicQuantizeLinear', [input], [name('x'), name('x_scale'), name('x_zero')]);
  node('MatMulInteger', [name('x'), name('w'), name('x_zero'), name('w_zero')], [name('integers')]);
  nodes.push({
    opType: 'Cast',
    input: [name('integers')],
    output: [name('floats')],
    attribute: [{ name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: DataType.FLOAT }],
  });
  node('Mul', [name('x_scale'), name('w_scale')], [name('scale')]);
  node('Mul', [name('floats'), name('scale')], [name('product')]);
  node('Add', [name('product'), name('b')], [name('sum')]);
  return name('sum');
}

function tensor(
  name: string,
  dims: readonly number[],
  dataType: number,
  values: Float32Array | Int8Array,
): Onnx.ITensorProto {
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims: [...dims], dataType, rawData };
}

function floatTensorInfo(name: string, width: number): Onnx.IValueInfoProto {
  const shape = { dim: [{ dimValue: 1 }, { dimValue: width }] };
  return { name, type: { tensorType: { elemType: DataType.FLOAT, shape } } };
}
