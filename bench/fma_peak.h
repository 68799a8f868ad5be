/* SPDX-License-Identifier: MIT
 * fma_peak.h - what one core's multipliers reach: the limit of every matrix product. */
#ifndef KRAIT_FMA_PEAK_H
#define KRAIT_FMA_PEAK_H

#include "core/cpu.h"

/* 1e9 operations a second (a fused multiply-add is two) of a loop that only uses registers, at this
 * level; the best of so many seconds. */
double fma_peak(kr_cpu_level level, double seconds);

#endif
