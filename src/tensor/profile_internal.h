/* SPDX-License-Identifier: MIT
 * profile_internal.h - the times of a plan's nodes, added up by op. */
#ifndef KR_PROFILE_INTERNAL_H
#define KR_PROFILE_INTERNAL_H

#include <kr/training.h>

#include "tensor/plan.h"

/* Add what one worker's runs of a plan took (kr_run.timings). An empty profile is all zero. */
void kr__profile_add(kr_profile *profile, const kr_plan *plan, const kr_timing *timings);

/* The slowest row first. */
void kr__profile_sort(kr_profile *profile);

#endif
