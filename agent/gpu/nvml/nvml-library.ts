import koffi, { type LibraryHandle } from 'koffi';
import { GpuFailure } from '../gpu-reader.ts';

export type NvmlParameter = number | ArrayBufferView | null;
/** A function of the library; answers a return code. */
export type NvmlCall = (...parameters: readonly NvmlParameter[]) => number;

/** A handle is a pointer below 2^53, so a number carries it, cheaper than the BigInt of a pointer type. */
const PARAMETER_TYPES = { H: 'uint64', N: 'uint32', L: 'uint64', P: 'void *' } as const;

/** Parameters of each function: H handle, N 32 bits, L 64 bits, P something that the driver fills. */
const PROTOTYPES = {
  nvmlInit_v2: '',
  nvmlInit: '',
  nvmlShutdown: '',
  nvmlSystemGetDriverVersion: 'PN',
  nvmlSystemGetCudaDriverVersion_v2: 'P',
  nvmlSystemGetProcessName: 'NPN',
  nvmlDeviceGetCount_v2: 'P',
  nvmlDeviceGetCount: 'P',
  nvmlDeviceGetHandleByIndex_v2: 'NP',
  nvmlDeviceGetHandleByIndex: 'NP',
  nvmlDeviceGetUUID: 'HPN',
  nvmlDeviceGetName: 'HPN',
  nvmlDeviceGetSerial: 'HPN',
  nvmlDeviceGetVbiosVersion: 'HPN',
  nvmlDeviceGetArchitecture: 'HP',
  nvmlDeviceGetDisplayMode: 'HP',
  nvmlDeviceGetDisplayActive: 'HP',
  nvmlDeviceGetComputeMode: 'HP',
  nvmlDeviceGetPowerState: 'HP',
  nvmlDeviceGetFanSpeed: 'HP',
  nvmlDeviceGetUtilizationRates: 'HP',
  nvmlDeviceGetEncoderUtilization: 'HPP',
  nvmlDeviceGetDecoderUtilization: 'HPP',
  nvmlDeviceGetJpgUtilization: 'HPP',
  nvmlDeviceGetOfaUtilization: 'HPP',
  nvmlDeviceGetMemoryInfo_v2: 'HP',
  nvmlDeviceGetMemoryInfo: 'HP',
  nvmlDeviceGetBAR1MemoryInfo: 'HP',
  nvmlDeviceGetTemperature: 'HNP',
  nvmlDeviceGetTemperatureV: 'HP',
  nvmlDeviceGetTemperatureThreshold: 'HNP',
  nvmlDeviceGetMarginTemperature: 'HP',
  nvmlDeviceGetClockInfo: 'HNP',
  nvmlDeviceGetCurrentClocksEventReasons: 'HP',
  nvmlDeviceGetCurrentClocksThrottleReasons: 'HP',
  nvmlDeviceGetPowerUsage: 'HP',
  nvmlDeviceGetEnforcedPowerLimit: 'HP',
  nvmlDeviceGetPowerManagementLimit: 'HP',
  nvmlDeviceGetPowerManagementDefaultLimit: 'HP',
  nvmlDeviceGetPowerManagementLimitConstraints: 'HPP',
  nvmlDeviceGetTotalEnergyConsumption: 'HP',
  nvmlDeviceGetFieldValues: 'HNP',
  nvmlDeviceGetSamples: 'HNLPPP',
  nvmlDeviceGetCurrPcieLinkGeneration: 'HP',
  nvmlDeviceGetCurrPcieLinkWidth: 'HP',
  nvmlDeviceGetEncoderStats: 'HPPP',
  nvmlDeviceGetFBCStats: 'HP',
  nvmlDeviceGetEccMode: 'HPP',
  nvmlDeviceGetMemoryErrorCounter: 'HNNNP',
  nvmlDeviceGetSramEccErrorStatus: 'HP',
  nvmlDeviceGetRepairStatus: 'HP',
  nvmlDeviceGetUnrepairableMemoryFlag_v1: 'HP',
  nvmlDeviceGetRetiredPagesPendingStatus: 'HP',
  nvmlDeviceGetRemappedRows: 'HPPPP',
  nvmlDeviceGetComputeRunningProcesses_v3: 'HPP',
  nvmlDeviceGetComputeRunningProcesses_v2: 'HPP',
  nvmlDeviceGetComputeRunningProcesses: 'HPP',
  nvmlDeviceGetGraphicsRunningProcesses_v3: 'HPP',
  nvmlDeviceGetGraphicsRunningProcesses_v2: 'HPP',
  nvmlDeviceGetGraphicsRunningProcesses: 'HPP',
  nvmlDeviceGetMigMode: 'HPP',
  nvmlDeviceGetMaxMigDeviceCount: 'HP',
  nvmlDeviceGetMigDeviceHandleByIndex: 'HNP',
  nvmlDeviceGetGpuInstanceId: 'HP',
  nvmlDeviceGetComputeInstanceId: 'HP',
  nvmlGpmQueryDeviceSupport: 'HP',
  nvmlGpmSampleAlloc: 'P',
  nvmlGpmSampleFree: 'H',
  nvmlGpmSampleGet: 'HH',
  nvmlGpmMetricsGet: 'P',
} as const;

export type NvmlSymbol = keyof typeof PROTOTYPES;

/** The driver's library as it is on this machine: an older one lacks functions. */
export class NvmlLibrary {
  readonly #library: LibraryHandle;
  readonly #found = new Map<NvmlSymbol, NvmlCall | undefined>();

  /** Throws a `GpuFailure` where the library is not there or cannot be loaded. */
  constructor(path: string) {
    this.#library = load(path);
  }

  /** Undefined where this version of the library does not have it. */
  find(symbol: NvmlSymbol): NvmlCall | undefined {
    if (this.#found.has(symbol)) return this.#found.get(symbol);
    const call = this.#bind(symbol);
    this.#found.set(symbol, call);
    return call;
  }

  /** The first of the names that the library has. */
  findFirst(...symbols: readonly NvmlSymbol[]): NvmlCall | undefined {
    for (const symbol of symbols) {
      const call = this.find(symbol);
      if (call !== undefined) return call;
    }
    return undefined;
  }

  /** Gives the library back, so that the next load finds the one of a driver installed meanwhile. */
  unload(): void {
    this.#found.clear();
    this.#library.unload();
  }

  #bind(symbol: NvmlSymbol): NvmlCall | undefined {
    const letters = [...PROTOTYPES[symbol]] as (keyof typeof PARAMETER_TYPES)[];
    try {
      return this.#library.func(
        symbol,
        'int',
        letters.map((letter) => PARAMETER_TYPES[letter]),
      );
    } catch {
      return undefined;
    }
  }
}

function load(path: string): LibraryHandle {
  try {
    return koffi.load(path);
  } catch (cause) {
    const missing = String(cause).includes('cannot open shared object file');
    if (!missing) throw new GpuFailure('failed', `${path} cannot be loaded`, { cause });
    const message = `${path} is not there: no NVIDIA driver, or a container that was not given its libraries`;
    throw new GpuFailure('not_installed', message, { cause });
  }
}
