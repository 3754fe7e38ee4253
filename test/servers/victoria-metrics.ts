import { createServerFolder, findFreePort, ServerProcess } from './server-process.ts';

/** One line of `/api/v1/export`: the samples of one series. */
export interface ExportedSeries {
  /** `__name__` is measurement and field joined by `_`; the rest are tags. */
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** Unix milliseconds. */
  readonly timestamps: readonly number[];
}

/** A real VictoriaMetrics of one's own. `start` in `before`, `stop` in `after`. */
export class VictoriaMetrics {
  readonly url: string;
  readonly #process: ServerProcess;

  private constructor(url: string, process: ServerProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(): Promise<VictoriaMetrics> {
    const folder = createServerFolder('victoria-metrics');
    const address = `127.0.0.1:${await findFreePort()}`;
    const process = new ServerProcess(folder, {
      binary: 'victoria-metrics',
      args: [
        `-storageDataPath=${folder}`,
        `-httpListenAddr=${address}`,
        '-retentionPeriod=1y',
        '-search.latencyOffset=0s',
        '-memory.allowedBytes=128MB',
        '-dedup.minScrapeInterval=1ms',
      ],
      readyUrl: `http://${address}/health`,
    });
    await process.start();
    return new VictoriaMetrics(`http://${address}`, process);
  }

  /** The series that a selector such as `{__name__=~"inference_.*"}` matches, all that was written before included. */
  async export(selector: string): Promise<readonly ExportedSeries[]> {
    await fetch(`${this.url}/internal/force_flush`); // else new series show up to a second late
    const query = new URLSearchParams({ 'match[]': selector, start: '0', end: '4000000000' });
    const response = await fetch(`${this.url}/api/v1/export?${query}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`export: ${response.status} ${text}`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ExportedSeries);
  }

  /** Lets it read text in Prometheus' exposition format, stamped with `timestampMs`; rejects if it does not parse. */
  async importPrometheus(text: string, timestampMs: number): Promise<void> {
    const response = await fetch(`${this.url}/api/v1/import/prometheus?timestamp=${timestampMs}`, {
      method: 'POST',
      body: text,
    });
    if (!response.ok) throw new Error(`import: ${response.status} ${await response.text()}`);
  }

  /** One counter or gauge of VictoriaMetrics itself, summed over its labels. */
  async readOwnMetric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** As `kill -9`. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Starts it again on the same data and port, after `kill`. */
  restart(): Promise<void> {
    return this.#process.start();
  }

  /** Ends it and removes its data. */
  stop(): Promise<void> {
    return this.#process.stop();
  }
}
