type TypedArray = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/** A copy with room for at least `length` elements, at least twice as many as before; the new ones are 0. */
export function grown<T extends TypedArray>(array: T, length: number): T {
  const Create = array.constructor as new (length: number) => T;
  const larger = new Create(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
