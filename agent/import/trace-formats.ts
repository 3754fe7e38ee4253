import { kineto } from './formats/kineto.ts';
import { onnxruntime } from './formats/onnxruntime.ts';
import { trtexecProfile } from './formats/trtexec-profile.ts';
import { trtexecTimes } from './formats/trtexec-times.ts';
import type { TraceFormat } from './trace-format.ts';

/** Every kind of file that can be imported. */
export const traceFormats: readonly TraceFormat[] = [trtexecTimes, trtexecProfile, kineto, onnxruntime];
