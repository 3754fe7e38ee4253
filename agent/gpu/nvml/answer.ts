const TWO_TO_32 = 4_294_967_296;
const ALL_ONES = 0xffff_ffff;

/** How a value lies in memory: unsigned and signed 32 bits, unsigned 64 bits. */
export type WordKind = 'u32' | 'i32' | 'u64';

/** NVML's `nvmlValueType_t`: in which member of the union a value stands. */
const VALUE_TYPE = { DOUBLE: 0, U32: 1, ULONG: 2, U64: 3, I64: 4, I32: 5, U16: 6 } as const;

/**
 * Memory that the driver fills, read by byte offset: one for all calls in turn, so that a reading allocates nothing.
 * All ones is NVML's "not available" (`NVML_VALUE_NOT_AVAILABLE`) and reads as undefined.
 */
export class Answer {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly #signed: Int32Array;
  readonly #reals: Float64Array;

  constructor(byteLength: number) {
    const buffer = new ArrayBuffer(Math.ceil(byteLength / 8) * 8);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.#signed = new Int32Array(buffer);
    this.#reals = new Float64Array(buffer);
  }

  /** Where a further output of a call goes. */
  slice(byteOffset: number): Uint8Array {
    return this.bytes.subarray(byteOffset);
  }

  read(kind: WordKind, byteOffset: number): number | undefined {
    if (kind === 'u64') return this.u64(byteOffset);
    const word = byteOffset >> 2;
    if (kind === 'i32') return this.#signed[word];
    return this.words[word] === ALL_ONES ? undefined : this.words[word];
  }

  /** Exact below 2^53, which every quantity that we keep is. */
  u64(byteOffset: number): number | undefined {
    const word = byteOffset >> 2;
    const low = this.words[word];
    const high = this.words[word + 1];
    return low === ALL_ONES && high === ALL_ONES ? undefined : high * TWO_TO_32 + low;
  }

  real(byteOffset: number): number {
    return this.#reals[byteOffset >> 3];
  }

  setU64(byteOffset: number, value: number): void {
    const word = byteOffset >> 2;
    this.words[word] = value % TWO_TO_32;
    this.words[word + 1] = Math.floor(value / TWO_TO_32);
  }

  /** A value of NVML's union; the driver leaves the bytes that its type does not use as they were. */
  value(valueType: number, byteOffset: number): number | undefined {
    if (valueType === VALUE_TYPE.DOUBLE) return this.real(byteOffset);
    if (valueType === VALUE_TYPE.U32) return this.read('u32', byteOffset);
    if (valueType === VALUE_TYPE.I32) return this.read('i32', byteOffset);
    if (valueType === VALUE_TYPE.U16) return this.words[byteOffset >> 2] & 0xffff;
    if (valueType === VALUE_TYPE.ULONG || valueType === VALUE_TYPE.U64) return this.u64(byteOffset);
    return valueType === VALUE_TYPE.I64 ? this.#i64(byteOffset) : undefined;
  }

  /** Up to the first NUL; undefined where the text is empty or not printable. */
  text(byteLength: number): string | undefined {
    const end = this.bytes.subarray(0, byteLength).indexOf(0);
    if (end <= 0) return undefined;
    const text = Buffer.from(this.bytes.buffer, 0, end).toString('utf8').trim();
    return /^[^\p{Cc}\uFFFD]+$/u.test(text) ? text : undefined;
  }

  #i64(byteOffset: number): number {
    const word = byteOffset >> 2;
    return this.#signed[word + 1] * TWO_TO_32 + this.words[word];
  }
}
