type TypedArray = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/** A new array of this length that begins with as much of `array` as fits; what is new is 0. */
export function resized<T extends TypedArray>(array: T, length: number): T {
  const Create = array.constructor as new (length: number) => T;
  const other = new Create(length);
  other.set(array.subarray(0, length) as never);
  return other;
}

/** A copy with room for at least `length` elements, at least twice as many as before; the new ones are 0. */
export function grown<T extends TypedArray>(array: T, length: number): T {
  return resized(array, Math.max(length, array.length * 2));
}
