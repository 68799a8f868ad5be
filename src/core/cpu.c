/* SPDX-License-Identifier: MIT
 * cpu.c - CPU level: detected once, lowered by KR_CPU; units beyond the levels. */
#define _GNU_SOURCE /* syscall */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "core/cpu.h"

static const char *const names[KR_CPU_LEVELS] = {"v2", "v3", "v4"};
/* Several threads may ask first at the same time; all find the same level. */
static atomic_int chosen = -1;

kr_cpu_level kr__cpu_level_detect(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return KR_CPU_V2;
    bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    return v4 ? KR_CPU_V4 : KR_CPU_V3;
#else
    return KR_CPU_V2;
#endif
}

const char *kr__cpu_level_name(kr_cpu_level level) {
    return (unsigned)level < KR_CPU_LEVELS ? names[level] : "?";
}

bool kr__cpu_level_force(kr_cpu_level level) {
    if ((unsigned)level > (unsigned)kr__cpu_level_detect()) return false;
    chosen = (int)level;
    return true;
}

kr_status kr__cpu_level_get(kr_cpu_level *level, kr_error *err) {
    int found = chosen;
    if (found < 0) {
        kr_cpu_level best = kr__cpu_level_detect();
        const char *wanted = getenv("KR_CPU");
        if (!wanted || !*wanted) found = (int)best;
        for (int i = 0; found < 0 && i < KR_CPU_LEVELS; i++) {
            if (strcmp(wanted, names[i]) == 0) found = i;
        }
        if (found < 0) {
            return kr_fail(err, KR_USAGE, "KR_CPU=%s: unknown CPU level; use v2, v3 or v4", wanted);
        }
        if (found > (int)best) {
            return kr_fail(err, KR_USAGE,
                           "KR_CPU=%s: this CPU has %s at most; unset KR_CPU or lower it", wanted,
                           names[best]);
        }
        chosen = found;
    }
    *level = (kr_cpu_level)found;
    return KR_OK;
}

#if defined(__x86_64__)

/* Of CPUID's leaf 7: eax is place 0, edx place 3. */
static bool has_bit(unsigned subleaf, int place, unsigned bit) {
    unsigned r[4] = {0};
    if (!__get_cpuid_count(7, subleaf, &r[0], &r[1], &r[2], &r[3])) return false;
    return r[place] >> bit & 1;
}

bool kr__cpu_has_bf16(void) { return kr__cpu_level_detect() == KR_CPU_V4 && has_bit(1, 0, 5); }

bool kr__cpu_has_amx(void) {
    bool has_tiles = kr__cpu_has_bf16() && has_bit(0, 3, 24) && has_bit(0, 3, 22);
#if defined(__linux__) && defined(SYS_arch_prctl)
    enum { ASK_FOR_STATE = 0x1023 /* ARCH_REQ_XCOMP_PERM */, TILES = 18 };
    return has_tiles && syscall(SYS_arch_prctl, ASK_FOR_STATE, TILES) == 0;
#else
    return has_tiles && false;
#endif
}

#else

bool kr__cpu_has_bf16(void) { return false; }
bool kr__cpu_has_amx(void) { return false; }

#endif
