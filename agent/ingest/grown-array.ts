type NumberArray = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A new array of this length that begins with as much of `source` as fits. */
export function grown<T extends NumberArray>(source: T, length: number): T {
  const target = new (source.constructor as new (length: number) => T)(length);
  target.set(source.subarray(0, length) as never);
  return target;
}
