/* SPDX-License-Identifier: MIT
 * kernels.c - choosing the table. */
#include "kernels/kernels.h"

#include "core/real.h"

extern const kr_kernels kr__kernels_v2;
#if defined(__x86_64__) && !defined(KR_REAL_DOUBLE)
extern const kr_kernels kr__kernels_v3, kr__kernels_v4;
static const kr_kernels *const tables[KR_CPU_LEVELS] = {&kr__kernels_v2, &kr__kernels_v3,
                                                        &kr__kernels_v4};
#else
static const kr_kernels *const tables[KR_CPU_LEVELS] = {&kr__kernels_v2, NULL, NULL};
#endif

const kr_kernels *kr__kernels_of(kr_cpu_level level) {
    return (unsigned)level <= (unsigned)kr__cpu_level_detect() ? tables[level] : NULL;
}

/* The program has reported a wrong KR_CPU at its start; here we fall back to the best level that
 * was built. */
const kr_kernels *kr__kernels(void) {
    kr_cpu_level level;
    if (kr__cpu_level_get(&level, NULL) != KR_OK) level = kr__cpu_level_detect();
    while (!tables[level]) level--;
    return tables[level];
}
