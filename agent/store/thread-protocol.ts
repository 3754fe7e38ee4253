import type { SqlRow, SqlStatement, SqlValue } from '../core/database.ts';

/** How a file is opened. */
export interface OpenOptions {
  /** `full`: a committed transaction survives a power cut; `normal`: only a crash of the process. */
  readonly synchronous: 'full' | 'normal';
  /** The file never grows beyond this (the log beside it comes on top); what does not fit rejects. */
  readonly maxBytes: number;
  /**
   * What is in it cannot be had again: when it is damaged, copies that were put aside before are kept, and the agent
   * counts as degraded until its next start.
   */
  readonly precious?: boolean;
}

/** What the main thread asks of the database thread; answered in the order asked. */
export type ThreadRequest =
  | { readonly kind: 'lock'; readonly path: string }
  | { readonly kind: 'open'; readonly path: string; readonly options: OpenOptions; readonly nowMs: number }
  /** A part of the statements of the transaction that is asked for next. */
  | { readonly kind: 'statements'; readonly statements: readonly SqlStatement[] }
  | { readonly kind: 'transaction'; readonly path: string }
  | {
      readonly kind: 'query';
      readonly path: string;
      readonly sql: string;
      readonly parameters: readonly SqlValue[];
    }
  | { readonly kind: 'check'; readonly path: string }
  | { readonly kind: 'close' };

/** One for each request but `statements`. */
export type ThreadReply =
  | { readonly kind: 'done' }
  /** `open`: the file was damaged and now lies at this path. */
  | { readonly kind: 'opened'; readonly putAside: string | undefined }
  | { readonly kind: 'rows'; readonly rows: readonly SqlRow[] }
  /** `check`: what is wrong, or nothing. */
  | { readonly kind: 'checked'; readonly damage: string | undefined }
  | { readonly kind: 'failed'; readonly message: string };
