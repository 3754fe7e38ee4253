import type { GpuFailureKind, GpuReading } from './gpu-reader.ts';

/**
 * What the reader's process says. At its start `opened` or `failed`; then one `reading` or `failed` for each
 * `ReadRequest` that it was sent. After `failed` it is of no more use.
 */
export type GpuReply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'reading'; readonly reading: GpuReading }
  | { readonly kind: 'failed'; readonly failure: GpuFailureKind; readonly message: string };
