import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../core/clock.ts';
import type { ListenOptions } from '../core/listen-options.ts';
import type { Logger } from '../core/logger.ts';

/** PEM, as `tls.createSecureContext` and `server.setSecureContext` take it. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Signs the certificates that clients must show; absent: none is asked for. */
  readonly ca?: Buffer;
}

/** Short beside the hours that certificates are renewed ahead of their end. */
const CHECK_EVERY_MS = 5000;

/**
 * Certificate files that are read again when they change. They are compared by content rather than watched:
 * mounted secrets change by swapping a symbolic link, which file watchers report unreliably.
 */
export class TlsFiles {
  readonly #files: NonNullable<ListenOptions['tls']>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #listeners: ((material: TlsMaterial) => void)[] = [];
  #current: TlsMaterial | undefined;
  #failing = false;

  constructor(files: NonNullable<ListenOptions['tls']>, clock: Clock, log: Logger) {
    this.#files = files;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reads the files and looks for changes until `stop`; throws with the files' names if they do not do. */
  load(): TlsMaterial {
    const material = this.#read();
    this.#verify(material);
    if (this.#current === undefined) void this.#watch();
    this.#current = material;
    return material;
  }

  /** `listener` gets each new material that key and certificate agree in; until they do, the old one stays. */
  onChange(listener: (material: TlsMaterial) => void): void {
    this.#listeners.push(listener);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#clock.sleep(CHECK_EVERY_MS, signal);
      if (!signal.aborted) this.#check();
    }
  }

  #check(): void {
    try {
      const material = this.#read();
      if (!isSame(material, this.#current)) this.#change(material);
      this.#failing = false;
    } catch (error) {
      // Files are replaced one after the other: for a moment key and certificate may not fit.
      if (!this.#failing) this.#log.warn({ error: String(error) }, 'certificate unusable: old one kept');
      this.#failing = true;
    }
  }

  #change(material: TlsMaterial): void {
    this.#verify(material);
    this.#current = material;
    for (const listener of this.#listeners) listener(material);
    this.#log.info({ certFile: this.#files.certFile }, 'certificate changed: loaded again');
  }

  #read(): TlsMaterial {
    const { certFile, keyFile, clientCaFile } = this.#files;
    return {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ...(clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) }),
    };
  }

  #verify(material: TlsMaterial): void {
    try {
      createSecureContext(material);
    } catch (error) {
      const files = Object.values(this.#files).join(', ');
      throw new Error(`not a usable certificate and key (${files}): ${String(error)}`, { cause: error });
    }
  }
}

function isSame(a: TlsMaterial, b: TlsMaterial | undefined): boolean {
  if (b === undefined || !a.cert.equals(b.cert) || !a.key.equals(b.key)) return false;
  return a.ca === undefined ? b.ca === undefined : b.ca !== undefined && a.ca.equals(b.ca);
}
