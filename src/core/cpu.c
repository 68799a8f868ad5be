/* SPDX-License-Identifier: MIT
 * cpu.c - CPU level: detected once, lowered by KR_CPU. */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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
