/* SPDX-License-Identifier: MIT
 * cpu.h - which build of the kernels runs here. */
#ifndef KR_CPU_H
#define KR_CPU_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* x86-64 levels as in the psABI: v2 = SSE4.2 (also the plain build on other machines), v3 = AVX2 +
 * FMA, v4 = AVX-512 F/BW/CD/DQ/VL. */
typedef enum kr_cpu_level { KR_CPU_V2, KR_CPU_V3, KR_CPU_V4, KR_CPU_LEVELS } kr_cpu_level;

/* The best level of this CPU, lowered by the environment variable KR_CPU (v2, v3, v4) when set.
 * A name that is unknown, or above what the CPU has, is an error. Cheap after the first call. */
kr_status kr__cpu_level_get(kr_cpu_level *level, kr_error *err);
/* The best level that the CPU itself has. */
kr_cpu_level kr__cpu_level_detect(void);
const char *kr__cpu_level_name(kr_cpu_level level);
/* Force a level in this process (tests); false when the CPU does not have it. */
bool kr__cpu_level_force(kr_cpu_level level);

/* Beyond the levels: products of bf16 numbers by AVX512-BF16, and by AMX, whose tiles the system
 * gives to a process that asks, which this does. */
bool kr__cpu_has_bf16(void);
bool kr__cpu_has_amx(void);

KR_END_DECLS

#endif
