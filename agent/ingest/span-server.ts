import { chmod } from 'node:fs/promises';
import type { Server, ServerInterceptor } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import { formatListenAddress } from '../core/listen-address.ts';
import type { ListenOptions } from '../core/listen-options.ts';
import type { Logger } from '../core/logger.ts';
import type { IngestStatus } from '../core/status.ts';
import { createListenError } from '../listen/listen-failure.ts';
import { parseListenTarget } from '../listen/listen-target.ts';
import { TlsFiles } from '../listen/tls-files.ts';
import { TokenFile } from '../listen/token-file.ts';
import { serveDirectly } from './direct-calls.ts';
import { GrpcEndpoint, type GrpcLimits } from './grpc-endpoint.ts';
import { MessageMemory } from './message-memory.ts';
import { OpenCalls } from './open-calls.ts';
import type { OperatorIntake } from './operators/operator-intake.ts';
import {
  createOperatorMethods,
  createOperatorService,
  OPERATOR_PROTO_FILE,
  OPERATOR_SERVICE,
} from './operators/operator-service.ts';
import type { ExportTap } from './otlp/forward/otlp-export.ts';
import type { OtlpIntake } from './otlp/otlp-intake.ts';
import {
  createOtlpMethods,
  createOtlpServices,
  OTLP_PROTO_FILES,
  OTLP_SERVICES,
} from './otlp/otlp-services.ts';
import type { RefusalCounter } from './refusal-counter.ts';
import type { SpanIntake } from './span-intake.ts';
import { createSpanMethods } from './span-methods.ts';
import { createSpanService, loadProtocol, SPAN_SERVICE } from './span-service.ts';
import { removeStaleSocket } from './unix-socket.ts';

export interface SpanServerOptions {
  readonly listen?: ListenOptions;
  /** Unix socket beside it; who may open it, owner and group, says its file's mode, so it asks for no token. */
  readonly socketPath?: string;
  readonly limits: GrpcLimits;
  readonly refusals: RefusalCounter;
}

/** Who takes what comes. */
export interface SpanIntakes {
  readonly own: SpanIntake;
  readonly otlp: OtlpIntake;
  readonly operators: OperatorIntake;
  /** Sees the exports of OTLP that are accepted. */
  readonly tap?: ExportTap | undefined;
}

const SERVICES = ['', SPAN_SERVICE, OPERATOR_SERVICE, ...OTLP_SERVICES];
const SOCKET_MODE = 0o660;
const SWEEP_EVERY_MS = 1000;
/** What calls and connections get to end by themselves: less than the stop of the whole agent may take. */
const STOP_GRACE_MS = 300;

/** Serves `SpanService`, `OperatorService` and OTLP, with health and reflection, over TCP and a Unix socket. Spans are taken once it started. */
export class SpanServer implements Component {
  readonly name = 'span-server';
  readonly #options: SpanServerOptions;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #intakes: SpanIntakes;
  readonly #calls: OpenCalls;
  readonly #memory: MessageMemory;
  readonly #health = new HealthImplementation(
    Object.fromEntries(SERVICES.map((service) => [service, 'NOT_SERVING'])),
  );
  readonly #stopping = new AbortController();
  #tcp: GrpcEndpoint | undefined;
  #socket: GrpcEndpoint | undefined;

  constructor(options: SpanServerOptions, intakes: SpanIntakes, log: Logger, clock: Clock) {
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#intakes = intakes;
    this.#calls = new OpenCalls(clock, options.limits.streams, options.refusals);
    this.#memory = new MessageMemory(options.limits.messageBytes);
  }

  /** Rejects with config key and remedy if an address cannot be opened. */
  async start(): Promise<void> {
    const { listen, socketPath } = this.#options;
    const protocol = loadProtocol([OPERATOR_PROTO_FILE, ...OTLP_PROTO_FILES]);
    const services = [
      createSpanService(protocol),
      createOperatorService(protocol),
      ...createOtlpServices(protocol),
    ];
    const reflection = new ReflectionService(protocol);
    const addServices = (server: Server): void => {
      for (const service of services) server.addService(service, {});
      this.#health.addToServer(server);
      reflection.addToServer(server);
    };
    if (listen !== undefined) await this.#startTcp(listen, addServices);
    if (socketPath !== undefined) await this.#startSocket(socketPath, addServices);
    this.#setHealth('SERVING');
    void this.#sweep();
    this.#log.info(this.addresses(), 'spans are taken');
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#setHealth('NOT_SERVING');
    this.#calls.endAll();
    const endpoints = [this.#tcp, this.#socket].filter((endpoint) => endpoint !== undefined);
    const closed = Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await Promise.race([closed, this.#clock.sleep(STOP_GRACE_MS, deadline)]);
    for (const endpoint of endpoints) endpoint.destroy();
    this.#intakes.otlp.settleAll();
  }

  /** What messages take that are being received, and what they may. */
  receiving(): Pick<IngestStatus, 'receivingBytes' | 'maxReceivingBytes'> {
    return { receivingBytes: this.#memory.bytes, maxReceivingBytes: this.#memory.maxBytes };
  }

  /** Bound addresses by config key below `listen`. */
  addresses(): Readonly<Record<string, string>> {
    const tcp = this.#tcp?.address();
    const socket = this.#socket?.address();
    return {
      ...(typeof tcp === 'object'
        ? { grpc: formatListenAddress({ host: tcp.address, port: tcp.port }) }
        : {}),
      ...(typeof socket === 'string' ? { socket } : {}),
    };
  }

  async #startTcp(listen: ListenOptions, addServices: AddServices): Promise<void> {
    const { address, tls, tokenFile } = listen;
    const tokens = tokenFile === undefined ? undefined : new TokenFile(tokenFile, this.#clock, this.#log);
    tokens?.load();
    const options = {
      key: 'listen.grpc',
      address,
      target: parseListenTarget(address),
      ...(tls === undefined ? {} : { tls: new TlsFiles(tls, this.#clock, this.#log) }),
    };
    this.#tcp = new GrpcEndpoint(options, this.#options.limits);
    await this.#tcp.start(addServices, this.#createInterceptor(tokens));
  }

  async #startSocket(path: string, addServices: AddServices): Promise<void> {
    const options = { key: 'listen.socket', address: path, target: { path } };
    try {
      await removeStaleSocket(path);
    } catch (cause) {
      throw createListenError({ ...options, cause });
    }
    this.#socket = new GrpcEndpoint(options, this.#options.limits);
    await this.#socket.start(addServices, this.#createInterceptor(undefined));
    await chmod(path, SOCKET_MODE);
  }

  /** It stands for the handlers of the services. */
  #createInterceptor(tokens: TokenFile | undefined): ServerInterceptor {
    const { limits, refusals } = this.#options;
    const receiving = { messageBytes: limits.messageBytes, memory: this.#memory };
    const context = { calls: this.#calls, receiving, refusals, tokens };
    const { own, otlp, operators, tap } = this.#intakes;
    const methods = [
      ...createSpanMethods(context, own),
      ...createOperatorMethods(context, operators),
      ...createOtlpMethods(context, { intake: otlp, tap }),
    ];
    return serveDirectly(new Map(methods), (err) =>
      this.#log.error({ err }, 'bug: a call could not be served'),
    );
  }

  #setHealth(state: 'SERVING' | 'NOT_SERVING'): void {
    for (const service of SERVICES) this.#health.setStatus(service, state);
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#clock.sleep(SWEEP_EVERY_MS, signal);
      this.#calls.endStale();
      this.#intakes.otlp.settle();
    }
  }
}

type AddServices = (server: Server) => void;
