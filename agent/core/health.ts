/** Trouble that a user should see and that does not keep spans from being taken. */
export interface Degradation {
  /** Stable and short, e.g. `exporter:influxdb`, `listen.http`, `store`. */
  readonly component: string;
  /** One sentence: what is wrong, and what to do where we know. Never a secret. */
  readonly reason: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/** What can be degraded. Read often: keep it cheap. */
export interface HealthSource {
  degradations(): readonly Degradation[];
}
