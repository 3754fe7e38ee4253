/* What drivers since 2018 added; included by fake-nvml.c. */
int nvmlInit_v2(void) { return init(__func__); }
int nvmlSystemGetCudaDriverVersion_v2(int *out) { ENTER(0); return give((u32 *)out, number(-1, "cuda", 13000)); }
int nvmlDeviceGetCount_v2(u32 *out) { ENTER(0); return count(out); }
int nvmlDeviceGetHandleByIndex_v2(u32 index, handle_t *out) { return by_index(__func__, index, out); }
PLAIN(nvmlDeviceGetArchitecture, "architecture", 9)
PERIODIC(nvmlDeviceGetJpgUtilization, "jpeg")
PERIODIC(nvmlDeviceGetOfaUtilization, "ofa")
int nvmlDeviceGetCurrentClocksEventReasons(handle_t h, u64 *out) { ENTER(h); return reasons(out, d); }
int nvmlDeviceGetFBCStats(handle_t h, u32 *out) { ENTER(h); give(out, 0); give(out + 1, 0); return give(out + 2, 0); }
int nvmlDeviceGetRemappedRows(handle_t h, u32 *corrected, u32 *uncorrected, u32 *pending, u32 *failure) { ENTER(h); give(uncorrected, number(d, "remapped_uncorrected", 0)); give(pending, number(d, "remapped_pending", 0)); give(failure, 0); return give(corrected, number(d, "remapped_corrected", 0)); }
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v3, "C", 24)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v3, "G", 24)

/* Structures that begin with their size and version in one word. */
static int wrong(const u32 *word, u32 version, u32 size) { return *word != (version << 24 | size); }
int nvmlDeviceGetMemoryInfo_v2(handle_t h, u64 *out) {
  ENTER(h);
  if (wrong((u32 *)out, 2, 40)) return VERSION;
  if (none(d, "memory_v2")) return NOT_SUPPORTED;
  int m = mig_of(h);
  int64_t total = memory(d, m, "total", 80 * GIB), held = memory(d, m, "reserved", GIB / 2), used = memory(d, m, "used", 2 * GIB);
  give_wide(out + 1, total);
  give_wide(out + 2, held);
  give_wide(out + 3, total - held - used);
  return give_wide(out + 4, used);
}
int nvmlDeviceGetMarginTemperature(handle_t h, u32 *out) { ENTER(h); return wrong(out, 1, 8) ? VERSION : give_key(out + 1, d, "tlimit", 38); }
int nvmlDeviceGetRepairStatus(handle_t h, u32 *out) { ENTER(h); if (wrong(out, 1, 12)) return VERSION; give(out + 1, number(d, "channel_repair", 0)); return give(out + 2, 0); }
int nvmlDeviceGetUnrepairableMemoryFlag_v1(handle_t h, u32 *out) { ENTER(h); return wrong(out, 1, 8) ? VERSION : give_key(out + 1, d, "unrepairable", 0); }
int nvmlDeviceGetSramEccErrorStatus(handle_t h, u32 *out) {
  ENTER(h);
  if (wrong(out, 1, 104)) return VERSION;
  for (int i = 1; i <= 11; i++) give_wide((u64 *)out + i, number(d, "sram", 0) ? i : 0);
  return give(out + 24, number(d, "sram_threshold", 0));
}

struct field { u32 id, scope; int64_t timeUs, latencyUs; u32 valueType, code; union { double real; u32 word; u64 wide; int32_t sign; } value; };
int nvmlDeviceGetFieldValues(handle_t h, int n, struct field *fields) {
  ENTER(h);
  for (int i = 0; i < n; i++) {
    char key[32];
    snprintf(key, sizeof key, fields[i].scope ? "field_%u_%u" : "field_%u", fields[i].id, fields[i].scope);
    const char *text = setting(d, key);
    fields[i].code = text ? OK : NOT_SUPPORTED;
    fields[i].valueType = 1;
    if (!text) continue;
    u32 id = fields[i].id;
    fields[i].valueType = id >= 193 && id <= 196 ? 5 : (id >= 185 && id <= 192) || id == 82 ? 1 : 3;
    fields[i].value.wide = 0xdeadbeef00000000ull;
    if (fields[i].valueType == 3) give_wide(&fields[i].value.wide, strtoll(text, NULL, 0));
    else give(&fields[i].value.word, strtoll(text, NULL, 0));
  }
  return OK;
}

/* MIG: `set <GPU> mig N` divides it into N instances; instance i is GPU instance i + 1, compute instance 0. */
int nvmlDeviceGetMigMode(handle_t h, u32 *now, u32 *pending) { ENTER(h); if (none(d, "mig")) return NOT_SUPPORTED; give(pending, 0); return give(now, number(d, "mig", 0) > 0); }
int nvmlDeviceGetMigDeviceHandleByIndex(handle_t h, u32 index, handle_t *out) { ENTER(h); if ((int64_t)index >= number(d, "mig", 0)) return NOT_FOUND; *out = handle_of(2, d, (int)index); return OK; }
int nvmlDeviceGetGpuInstanceId(handle_t h, u32 *out) { ENTER(h); return mig_of(h) < 0 ? INVALID : give(out, mig_of(h) + 1); }
int nvmlDeviceGetComputeInstanceId(handle_t h, u32 *out) { ENTER(h); return mig_of(h) < 0 ? INVALID : give(out, 0); }

/* GPM: a sample is a counter of calls; metric i between two is `set <GPU> gpm_<i>` (percent). */
struct gpm_sample { int device; int taken; };
struct gpm_metric { u32 id, code; double value; char *names[3]; };
struct gpm_get { u32 version, n; struct gpm_sample *first, *second; struct gpm_metric metrics[]; };
static int gpm_taken, gpm_alive;
int nvmlGpmQueryDeviceSupport(handle_t h, u32 *out) { ENTER(h); if (out[0] != 1) return VERSION; out[1] = (u32)number(d, "gpm", 1); return OK; }
int nvmlGpmSampleAlloc(struct gpm_sample **out) { ENTER(0); gpm_alive++; *out = calloc(1, sizeof **out); return OK; }
int nvmlGpmSampleFree(struct gpm_sample *sample) { free(sample); gpm_alive--; return OK; }
int nvmlGpmSampleGet(handle_t h, struct gpm_sample *sample) { ENTER(h); sample->device = d; sample->taken = ++gpm_taken; return OK; }
int nvmlGpmMetricsGet(struct gpm_get *get) {
  ENTER(0);
  if (get->version != 1) return VERSION;
  if (!get->first->taken || get->first->taken >= get->second->taken || get->first->device != get->second->device) return INVALID;
  for (u32 i = 0; i < get->n; i++) {
    char key[16];
    snprintf(key, sizeof key, "gpm_%u", get->metrics[i].id);
    const char *text = setting(get->first->device, key);
    get->metrics[i].code = text ? OK : NOT_SUPPORTED;
    if (text) get->metrics[i].value = strtod(text, NULL);
  }
  return OK;
}
/* Not NVML's: how many samples were not freed. */
int fakeNvmlSamplesAlive(void) { return gpm_alive; }
