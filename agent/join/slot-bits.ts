/** Hot. Sets the bits `first` … `end - 1` of the bitmap that begins at `words[base]`. */
export function setBits(words: Int32Array, base: number, first: number, end: number): void {
  if (end <= first) return;
  const firstWord = base + (first >> 5);
  const lastWord = base + ((end - 1) >> 5);
  const firstMask = -1 << (first & 31);
  const lastMask = -1 >>> (31 - ((end - 1) & 31));
  if (firstWord === lastWord) {
    words[firstWord] |= firstMask & lastMask;
    return;
  }
  words[firstWord] |= firstMask;
  for (let word = firstWord + 1; word < lastWord; word++) words[word] = -1;
  words[lastWord] |= lastMask;
}

/** Adds 1 to the slot of each bit that is set. */
export function countSlots(words: Int32Array, counts: Uint16Array): void {
  for (let word = 0; word < words.length; word++) {
    for (let rest = words[word]; rest !== 0; rest &= rest - 1) counts[slotOf(word, rest)]++;
  }
}

/** The sum of the values in the slots whose bits are set. */
export function sumSlots(words: Int32Array, values: Float64Array): number {
  let sum = 0;
  for (let word = 0; word < words.length; word++) {
    for (let rest = words[word]; rest !== 0; rest &= rest - 1) sum += values[slotOf(word, rest)];
  }
  return sum;
}

export function countBits(words: Int32Array): number {
  let count = 0;
  for (let word = 0; word < words.length; word++) {
    for (let rest = words[word]; rest !== 0; rest &= rest - 1) count++;
  }
  return count;
}

/** Adds the bits of `more`, of the same length. */
export function addBits(words: Int32Array, more: Int32Array): void {
  for (let word = 0; word < words.length; word++) words[word] |= more[word];
}

/** Of the lowest bit that is left. */
function slotOf(word: number, rest: number): number {
  return word * 32 + 31 - Math.clz32(rest & -rest);
}
