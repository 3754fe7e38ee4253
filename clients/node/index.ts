export { Client, type ClientOptions, type ClientStats, createClient, type SeriesOptions } from './client.ts';
export type { ClientError, ClientErrorKind } from './error-reporter.ts';
export type { TlsOptions } from './grpc-transport.ts';
export type { RequestTimer } from './request-timer.ts';
export type { RequestDetails, RequestStatus, Series, SpanDetails } from './series.ts';
export type { SeriesKey } from './series-registry.ts';
