/*
 * A libnvidia-ml without a GPU. It reads its directives anew at every call from the file <its own path>.control, so that
 * a test changes what the driver says while a program holds the library. fake-nvml.ts documents them and writes the file.
 * With -DFAKE_NVML_OLD it has only what a driver of 2018 exported.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

typedef uint64_t handle_t;
typedef uint32_t u32;
typedef uint64_t u64;
enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15, VERSION = 25 };

static char directives[512][96];
static int directive_count, init_count, users, initialized_generation = -1;

static void load_directives(void) {
  Dl_info self;
  char path[4096];
  directive_count = 0;
  if (!dladdr((void *)&load_directives, &self)) return;
  snprintf(path, sizeof path, "%s.control", self.dli_fname);
  FILE *file = fopen(path, "r");
  if (!file) return;
  while (directive_count < 512 && fgets(directives[directive_count], 96, file)) directive_count++;
  fclose(file);
}

static int applies(const char *word, const char *own) { return !strcmp(word, "*") || !strcmp(word, own); }

/* The text after `set <device> <key>`, the last such line deciding. */
static const char *setting(int device, const char *key) {
  static char value[96];
  char own[16], where[96], name[96], text[96];
  const char *found = NULL;
  snprintf(own, sizeof own, "%d", device);
  for (int i = 0; i < directive_count; i++) {
    if (sscanf(directives[i], "set %95s %95s %95[^\n]", where, name, text) == 3 && applies(where, own) && !strcmp(name, key)) {
      strcpy(value, text);
      found = value;
    }
  }
  return found;
}

static int64_t number(int device, const char *key, int64_t otherwise) {
  const char *text = setting(device, key);
  return text ? strtoll(text, NULL, 0) : otherwise;
}

static int has(const char *line) {
  for (int i = 0; i < directive_count; i++)
    if (!strncmp(directives[i], line, strlen(line))) return 1;
  return 0;
}

static int generation(void) { return (int)number(-1, "generation", 0); }

/* What stands in the way of every call: returns 0 or the code to answer with. */
static int obstacle(const char *function, int device, int mig) {
  char own[16], word[96], where[96];
  int code;
  snprintf(own, sizeof own, mig < 0 ? "%d" : "%d/%d", device, mig);
  for (int i = 0; i < directive_count; i++) {
    if (sscanf(directives[i], "hang %95s", word) == 1 && applies(word, function)) for (;;) sleep(3600);
    if (sscanf(directives[i], "die %95s", word) == 1 && applies(word, function)) abort();
    if (sscanf(directives[i], "lost %95s", where) == 1 && applies(where, own) && device >= 0) return LOST;
    if (sscanf(directives[i], "answer %95s %95s %d", word, where, &code) == 3 && applies(word, function) && applies(where, own)) return code;
  }
  return has("garbage codes") ? 4242 : 0;
}

/* A handle is init, kind (1: GPU, 2: MIG device), GPU and MIG index, so that a stale one is recognised. */
static handle_t handle_of(int kind, int device, int mig) { return ((u64)init_count << 16) | (u64)(kind << 12 | device << 4 | mig); }
static int mig_of(handle_t handle) { return (handle >> 12 & 15) == 2 ? (int)(handle & 15) : -1; }

static int enter(const char *function, handle_t handle, int *device) {
  load_directives();
  *device = handle ? (int)(handle >> 4 & 255) : -1;
  int code = obstacle(function, *device, handle ? mig_of(handle) : -1);
  if (code) return code;
  if (users == 0 || initialized_generation != generation()) return UNINITIALIZED;
  return handle && (int)(handle >> 16) != init_count ? INVALID : OK;
}
#define ENTER(handle) int d; int code = enter(__func__, handle, &d); if (code) return code

static int give(u32 *out, int64_t value) { *out = has("garbage values") ? 0xffffffffu : (u32)value; return OK; }
static int give_wide(u64 *out, int64_t value) { *out = has("garbage values") ? ~0ull : (u64)value; return OK; }
static int give_text(char *out, u32 size, const char *text) {
  if (has("garbage values")) { memset(out, 0xff, size); return OK; }
  if (strlen(text) >= size) return TOO_SMALL;
  strcpy(out, text);
  return OK;
}
/* A key whose value is `none` is not supported. */
static int none(int device, const char *key) { const char *text = setting(device, key); return text && !strcmp(text, "none"); }
static int give_key(u32 *out, int device, const char *key, int64_t otherwise) {
  return none(device, key) ? NOT_SUPPORTED : give(out, number(device, key, otherwise));
}

static int init(const char *function) {
  load_directives();
  int code = obstacle(function, -1, -1);
  if (code) return code;
  if (users++ == 0) { init_count++; initialized_generation = generation(); }
  return OK;
}
int nvmlInit(void) { return init(__func__); }
int nvmlShutdown(void) { if (users == 0) return UNINITIALIZED; users--; return OK; }
int nvmlSystemGetDriverVersion(char *out, u32 size) { ENTER(0); const char *text = setting(-1, "driver_version"); return give_text(out, size, text ? text : "580.0.0"); }
int nvmlSystemGetProcessName(u32 pid, char *out, u32 size) {
  char name[96];
  u32 named;
  ENTER(0);
  for (int i = 0; i < directive_count; i++)
    if (sscanf(directives[i], "name %u %95[^\n]", &named, name) == 2 && named == pid) return give_text(out, size, name);
  return NOT_FOUND;
}
static int count(u32 *out) { *out = (u32)(has("garbage sizes") ? 0x7fffffff : number(-1, "devices", 1)); return OK; }
int nvmlDeviceGetCount(u32 *out) { ENTER(0); return count(out); }
static int by_index(const char *function, u32 index, handle_t *out) {
  load_directives();
  int code = obstacle(function, (int)index, -1);
  if (code) return code;
  if ((int64_t)index >= number(-1, "devices", 1)) return INVALID;
  *out = handle_of(1, (int)index, 0);
  return OK;
}
int nvmlDeviceGetHandleByIndex(u32 index, handle_t *out) { return by_index(__func__, index, out); }
int nvmlDeviceGetUUID(handle_t h, char *out, u32 size) { char text[64]; ENTER(h); snprintf(text, sizeof text, "GPU-00000000-0000-0000-0000-%012d", d); return give_text(out, size, text); }
int nvmlDeviceGetName(handle_t h, char *out, u32 size) { ENTER(h); const char *text = setting(d, "name"); return give_text(out, size, text ? text : "NVIDIA H100 80GB HBM3"); }
int nvmlDeviceGetSerial(handle_t h, char *out, u32 size) { ENTER(h); const char *text = setting(d, "serial"); return give_text(out, size, text ? text : "1650000000000"); }
int nvmlDeviceGetVbiosVersion(handle_t h, char *out, u32 size) { ENTER(h); return give_text(out, size, "96.00.00.00.01"); }

#define PLAIN(function, key, otherwise) int function(handle_t h, u32 *out) { ENTER(h); return give_key(out, d, key, otherwise); }
PLAIN(nvmlDeviceGetDisplayMode, "display_mode", 1)
PLAIN(nvmlDeviceGetDisplayActive, "display_active", 0)
PLAIN(nvmlDeviceGetComputeMode, "compute_mode", 0)
PLAIN(nvmlDeviceGetPowerState, "pstate", 0)
PLAIN(nvmlDeviceGetFanSpeed, "fan", 30)
PLAIN(nvmlDeviceGetPowerUsage, "power_average", 300000)
PLAIN(nvmlDeviceGetEnforcedPowerLimit, "power_limit", 700000)
PLAIN(nvmlDeviceGetPowerManagementLimit, "power_limit_requested", 700000)
PLAIN(nvmlDeviceGetPowerManagementDefaultLimit, "power_limit_default", 700000)
PLAIN(nvmlDeviceGetCurrPcieLinkGeneration, "pcie_gen", 5)
PLAIN(nvmlDeviceGetCurrPcieLinkWidth, "pcie_width", 16)
PLAIN(nvmlDeviceGetRetiredPagesPendingStatus, "retired_pending", 0)
PLAIN(nvmlDeviceGetMaxMigDeviceCount, "mig_slots", 7)
#define PERIODIC(function, key) int function(handle_t h, u32 *out, u32 *periodUs) { ENTER(h); *periodUs = 100000; return give_key(out, d, key, 0); }
PERIODIC(nvmlDeviceGetEncoderUtilization, "encoder")
PERIODIC(nvmlDeviceGetDecoderUtilization, "decoder")

static int reasons(u64 *out, int d) { return give_wide(out, number(d, "reasons", 1)); }
int nvmlDeviceGetCurrentClocksThrottleReasons(handle_t h, u64 *out) { ENTER(h); return reasons(out, d); }
int nvmlDeviceGetUtilizationRates(handle_t h, u32 *out) { ENTER(h); if (none(d, "utilization")) return NOT_SUPPORTED; give(out, number(d, "utilization", 10 + d)); return give(out + 1, number(d, "utilization_memory", 5)); }
int nvmlDeviceGetTemperature(handle_t h, u32 sensor, u32 *out) { ENTER(h); (void)sensor; return give_key(out, d, "temperature", 40 + d); }
int nvmlDeviceGetTemperatureThreshold(handle_t h, u32 kind, u32 *out) { char key[32]; ENTER(h); snprintf(key, sizeof key, "threshold_%u", kind); return kind > 3 && !setting(d, key) ? NOT_SUPPORTED : give_key(out, d, key, 90 + kind); }
int nvmlDeviceGetClockInfo(handle_t h, u32 kind, u32 *out) { char key[16]; ENTER(h); snprintf(key, sizeof key, "clock_%u", kind); return give_key(out, d, key, 1000 + kind); }
int nvmlDeviceGetPowerManagementLimitConstraints(handle_t h, u32 *least, u32 *greatest) { ENTER(h); give(least, 200000); return give(greatest, 700000); }
int nvmlDeviceGetEccMode(handle_t h, u32 *now, u32 *pending) { ENTER(h); give(pending, 1); return give_key(now, d, "ecc", 1); }
int nvmlDeviceGetMemoryErrorCounter(handle_t h, u32 kind, u32 life, u32 place, u64 *out) { char key[32]; ENTER(h); if (place != 2 && place != 7) return NOT_SUPPORTED; snprintf(key, sizeof key, "ecc_%u_%u_%u", kind, life, place); return give_wide(out, number(d, key, 0)); }
int nvmlDeviceGetRetiredPages(handle_t h, u32 cause, u32 *pages, u64 *addresses) { char key[16]; ENTER(h); (void)addresses; snprintf(key, sizeof key, "retired_%u", cause); if (!setting(d, key)) return NOT_SUPPORTED; *pages = (u32)number(d, key, 0); return *pages ? TOO_SMALL : OK; }
int nvmlDeviceGetEncoderStats(handle_t h, u32 *sessions, u32 *fps, u32 *latency) { ENTER(h); give(fps, number(d, "encoder_fps", 0)); give(latency, 0); return give(sessions, number(d, "encoder_sessions", 0)); }

static int64_t memory(int d, int mig, const char *key, int64_t otherwise) { char name[48]; if (mig < 0) snprintf(name, sizeof name, "memory_%s", key); else snprintf(name, sizeof name, "mig%d_memory_%s", mig, key); return number(d, name, otherwise); }
#define GIB 1073741824ll
int nvmlDeviceGetMemoryInfo(handle_t h, u64 *out) { ENTER(h); int m = mig_of(h); int64_t total = memory(d, m, "total", 80 * GIB), held = memory(d, m, "reserved", GIB / 2), used = memory(d, m, "used", 2 * GIB); give_wide(out, total); give_wide(out + 1, total - held - used); return give_wide(out + 2, held + used); }
int nvmlDeviceGetBAR1MemoryInfo(handle_t h, u64 *out) { ENTER(h); give_wide(out, 128 * GIB); give_wide(out + 1, 127 * GIB); return give_wide(out + 2, GIB); }

/* Processes: `process <GPU> <C|G> <pid> <MiB|unknown> <GPU instance> <compute instance>`. */
static int processes(handle_t h, int d, const char *type, u32 *n, char *out, size_t step) {
  u32 room = *n, pid, gi, ci, found = 0;
  char kind[8], mib[32];
  int device, mig = mig_of(h);
  if (has("garbage sizes")) { *n = 0x7fffffff; return TOO_SMALL; }
  for (int i = 0; i < directive_count; i++) {
    if (sscanf(directives[i], "process %d %7s %u %31s %u %u", &device, kind, &pid, mib, &gi, &ci) != 6) continue;
    if (device != d || strcmp(kind, type) || (mig >= 0 && gi != (u32)mig + 1)) continue;
    if (found++ >= room) continue;
    u64 bytes = strcmp(mib, "unknown") ? strtoull(mib, NULL, 10) << 20 : ~0ull;
    char *entry = out + (found - 1) * step;
    memcpy(entry, &pid, 4);
    memcpy(entry + 8, &bytes, 8);
    if (step == 24) { memcpy(entry + 16, &gi, 4); memcpy(entry + 20, &ci, 4); }
  }
  *n = found;
  return found > room ? TOO_SMALL : OK;
}
#define PROCESSES(function, type, step) int function(handle_t h, u32 *n, char *out) { ENTER(h); return processes(h, d, type, n, out, step); }
PROCESSES(nvmlDeviceGetComputeRunningProcesses, "C", 16)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses, "G", 16)

/* Samples: power each 20 ms for 2.4 s, utilization each 200 ms for 14 s, the newest just now; the last one is the peak. */
struct sample { u64 timeUs; u64 value; };
int nvmlDeviceGetSamples(handle_t h, u32 kind, u64 lastSeenUs, u32 *valueType, u32 *n, struct sample *out) {
  struct timeval now;
  ENTER(h);
  if (kind > 1) return NOT_SUPPORTED;
  u32 room = *n, step = kind ? 200000 : 20000, size = kind ? 71 : 119, given = 0;
  const char *value = kind ? "sample_utilization" : "sample_power", *peak = kind ? "sample_peak" : "sample_power_peak";
  if (has("garbage sizes")) { *n = 0x7fffffff; return TOO_SMALL; }
  if (!out) { *n = size; return OK; }
  gettimeofday(&now, NULL);
  u64 nowUs = ((u64)now.tv_sec * 1000000 + (u64)now.tv_usec) / step * step;
  *valueType = 1;
  for (u32 i = 0; i < size; i++) {
    u64 timeUs = nowUs - (u64)(size - 1 - i) * step;
    if (timeUs <= lastSeenUs) continue;
    if (given == room) return TOO_SMALL;
    u32 low = (u32)(i == size - 1 ? number(d, peak, kind ? 100 : 700000) : number(d, value, kind ? 20 : 300000));
    /* The driver leaves the upper half as it was. */
    out[given++] = (struct sample){timeUs, has("garbage values") ? ~0ull : 0xdeadbeef00000000ull | low};
  }
  *n = given;
  return given ? OK : NOT_FOUND;
}
int nvmlDeviceGetTotalEnergyConsumption(handle_t h, u64 *out) { ENTER(h); return none(d, "energy") ? NOT_SUPPORTED : give_wide(out, number(d, "energy", 1000000)); }

#ifndef FAKE_NVML_OLD
#include "fake-nvml-recent.h"
#endif
