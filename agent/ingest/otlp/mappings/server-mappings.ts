import type { MappingDeclaration } from '../server-mapping.ts';
import { genAi } from './gen-ai.ts';
import { httpServer } from './http-server.ts';
import { kserve } from './kserve.ts';
import { openInference } from './openinference.ts';
import { openLlmetry } from './openllmetry.ts';
import { sglang } from './sglang.ts';
import { tgi } from './tgi.ts';
import { triton } from './triton.ts';
import { vercel } from './vercel.ts';
import { vllm } from './vllm.ts';

/**
 * The kinds of servers whose spans are understood; the first that claims a span gets it, so that the particular stand
 * before the general. To add one, copy the file of the most similar, change its tables, and add it here.
 */
export const serverMappings: readonly MappingDeclaration[] = [
  sglang,
  vllm,
  triton,
  tgi,
  openInference,
  vercel,
  openLlmetry,
  genAi,
  kserve,
  httpServer,
];
