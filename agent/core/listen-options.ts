/** How one listener is reached and by whom. */
export interface ListenOptions {
  /** `host:port`, `[v6]:port` or `:port` (all interfaces); port 0: any free one. */
  readonly address: string;
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile?: string };
  /** Bearer tokens, one a line; a request needs one of them. */
  readonly tokenFile?: string;
}
