import { createServerFolder, findFreePort, ServerProcess } from './server-process.ts';

/** Makes influxd ask for Basic authentication; this user may do everything. */
export interface InfluxdAuth {
  readonly username: string;
  readonly password: string;
}

/** What a SELECT gives for one series. */
export interface InfluxqlSeries {
  readonly name: string;
  /** With GROUP BY a tag. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  /** `time` in Unix milliseconds. */
  readonly values: readonly (readonly (string | number | boolean | null)[])[];
}

/**
 * A real influxd (1.x) of one's own. `start` in `before`, `stop` in `after`; in between it may be killed and
 * started again on its data, or paused.
 */
export class Influxd {
  readonly url: string;
  readonly #process: ServerProcess;
  readonly #auth: InfluxdAuth | undefined;

  private constructor(url: string, process: ServerProcess, auth: InfluxdAuth | undefined) {
    this.url = url;
    this.#process = process;
    this.#auth = auth;
  }

  static async start(auth?: InfluxdAuth): Promise<Influxd> {
    const folder = createServerFolder('influxd');
    const [httpPort, rpcPort] = [await findFreePort(), await findFreePort()];
    const url = `http://127.0.0.1:${httpPort}`;
    const process = new ServerProcess(folder, {
      binary: 'influxd',
      args: ['run', '-config', '/dev/null'],
      environment: environmentOf(folder, httpPort, rpcPort, auth !== undefined),
      readyUrl: `${url}/ping`,
    });
    await process.start();
    const influxd = new Influxd(url, process, auth);
    if (auth !== undefined) await influxd.#createAdmin(auth);
    return influxd;
  }

  async createDatabase(name: string): Promise<void> {
    await this.query(`CREATE DATABASE "${name}"`);
  }

  /** Runs one InfluxQL statement; rejects with influxd's own message. Quote names: `inf` and `kill` are reserved. */
  async query(influxql: string, database = ''): Promise<readonly InfluxqlSeries[]> {
    const form = new URLSearchParams({ q: influxql, db: database, epoch: 'ms' });
    const response = await fetch(`${this.url}/query`, {
      method: 'POST',
      body: form,
      headers: this.#headers(),
    });
    const answer = (await response.json()) as {
      error?: string;
      results?: { error?: string; series?: InfluxqlSeries[] }[];
    };
    const result = answer.results?.[0];
    const error = answer.error ?? result?.error;
    if (error !== undefined) throw new Error(`${influxql}: ${error}`);
    return result?.series ?? [];
  }

  /** As `kill -9`. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Starts it again on the same data and port, after `kill`. */
  restart(): Promise<void> {
    return this.#process.start();
  }

  /** Connections are still taken, and nothing is answered until `resume`. */
  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  /** Ends it and removes its data. */
  stop(): Promise<void> {
    return this.#process.stop();
  }

  #headers(): Record<string, string> {
    if (this.#auth === undefined) return {};
    const { username, password } = this.#auth;
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  }

  async #createAdmin(auth: InfluxdAuth): Promise<void> {
    await this.query(`CREATE USER "${auth.username}" WITH PASSWORD '${auth.password}' WITH ALL PRIVILEGES`);
  }
}

function environmentOf(
  folder: string,
  httpPort: number,
  rpcPort: number,
  auth: boolean,
): Record<string, string> {
  return {
    INFLUXDB_REPORTING_DISABLED: 'true',
    INFLUXDB_BIND_ADDRESS: `127.0.0.1:${rpcPort}`,
    INFLUXDB_META_DIR: `${folder}/meta`,
    INFLUXDB_DATA_DIR: `${folder}/data`,
    INFLUXDB_DATA_WAL_DIR: `${folder}/wal`,
    INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${httpPort}`,
    INFLUXDB_HTTP_AUTH_ENABLED: String(auth),
  };
}
