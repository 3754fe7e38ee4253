import type { Suite } from 'mocha';
import { NvmlReader, type NvmlReaderOptions } from '../../../agent/gpu/nvml/nvml-reader.ts';
import { buildFakeNvml, controlFakeNvml, NO_COMPILER } from '../../fakes/nvml/fake-nvml.ts';

const probe = buildFakeNvml();

/** ` (skipped: why)` for a title where there is no compiler for the fake; else nothing. */
export const UNLESS_BUILT = probe === undefined ? ` (skipped: ${NO_COMPILER})` : '';

export const EVERYTHING = { full: true, power: true, processes: true } as const;
export const TICK = { full: false, power: false, processes: false } as const;

/** A driver of its own for each test, and readers of it that are closed after the test. */
export class FakeDriver {
  readonly path: string;
  readonly #readers: NvmlReader[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** What the driver says from now on, in place of all it said before. */
  says(...directives: string[]): void {
    controlFakeNvml(this.path, directives);
  }

  reader(options: NvmlReaderOptions = {}): NvmlReader {
    const reader = new NvmlReader({ libraryPath: this.path, ...options });
    this.#readers.push(reader);
    return reader;
  }

  async opened(options: NvmlReaderOptions = {}): Promise<NvmlReader> {
    const reader = this.reader(options);
    await reader.open();
    return reader;
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
  }
}

/** Gives each test of the suite a fake driver; skips them where it cannot be built. */
export function withFakeDriver(suite: Suite, options: { readonly old?: boolean } = {}): () => FakeDriver {
  let driver: FakeDriver | undefined;
  suite.beforeEach(function () {
    const path = buildFakeNvml(options);
    if (path === undefined) this.skip();
    driver = new FakeDriver(path);
  });
  suite.afterEach(() => driver?.close());
  return () => {
    if (driver === undefined) throw new Error('bug: no driver outside of a test');
    return driver;
  };
}
