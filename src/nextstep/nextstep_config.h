/* SPDX-License-Identifier: MIT
 * nextstep_config.h - settings of next-step models and of what is done with them, as structures. */
#ifndef KR_NEXTSTEP_CONFIG_H
#define KR_NEXTSTEP_CONFIG_H

#include "core/flags.h"
#include "train/schedule.h"

/* Fields named as the flags in ..._flags.inc. Strings are in place. */
typedef struct kr_nextstep_config {
#define KR_FLAG_LIST "nextstep/nextstep_flags.inc"
#include "core/flags.inc"
} kr_nextstep_config;

typedef struct kr_generate_config {
#define KR_FLAG_LIST "nextstep/generate_flags.inc"
#include "core/flags.inc"
} kr_generate_config;

typedef struct kr_evaluate_config {
#define KR_FLAG_LIST "nextstep/evaluate_flags.inc"
#include "core/flags.inc"
} kr_evaluate_config;

typedef struct kr_gates_config {
#define KR_FLAG_LIST "nextstep/gates_flags.inc"
#include "core/flags.inc"
} kr_gates_config;

typedef struct kr_synth_config {
#define KR_FLAG_LIST "nextstep/synth_flags.inc"
#include "core/flags.inc"
} kr_synth_config;

/* The lists of these settings; and the flags of the original that have no meaning here. */
const kr_flag_table *kr__nextstep_flags(void);
const kr_old_flag *kr__nextstep_old_flags(int *count);
const kr_flag_table *kr__generate_flags(void);
const kr_flag_table *kr__evaluate_flags(void);
const kr_flag_table *kr__gates_flags(void);
const kr_flag_table *kr__synth_flags(void);

/* Rates of the gates or of all else. Gates have their own base rate; in the original they share the
 * lowest rate of the others. */
kr_schedule kr__nextstep_schedule(const kr_nextstep_config *config, bool is_of_gates);

#endif
