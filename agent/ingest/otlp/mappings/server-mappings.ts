import type { MappingDeclaration } from '../server-mapping.ts';
import { genAi } from './gen-ai.ts';

/** The kinds of servers whose spans are understood; the first that claims a span gets it. */
export const serverMappings: readonly MappingDeclaration[] = [genAi];
