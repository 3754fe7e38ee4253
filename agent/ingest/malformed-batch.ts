/** The bytes of a message are no `SpanBatch`. Thrown while reading, caught in `SpanIntake.receive`, nowhere else. */
export class MalformedBatch extends Error {
  override readonly name = 'MalformedBatch';
}
