/** The write API to speak: that of InfluxDB 1 (`/write`), 2 (`/api/v2/write`) or 3 (`/api/v3/write_lp`). */
export type InfluxdbVersion = '1' | '2' | '3';

/** The config's section `exporters.influxdb`, validated: of a secret and its file at most one is given. */
export interface InfluxdbOptions {
  /** http or https; without credentials, query and final slash. */
  readonly url: string;
  readonly version: 'auto' | InfluxdbVersion;
  /** 2. */
  readonly org?: string;
  /** 2. At least one of bucket and database is given; where a version needs the other, it takes this one. */
  readonly bucket?: string;
  /** 1 and 3. */
  readonly database?: string;
  /** 1. Absent: the database's default. */
  readonly retentionPolicy?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}
