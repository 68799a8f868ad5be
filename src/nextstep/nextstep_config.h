/* SPDX-License-Identifier: MIT
 * nextstep_config.h - settings of next-step models and of what is done with them, as structures. */
#ifndef KR_NEXTSTEP_CONFIG_H
#define KR_NEXTSTEP_CONFIG_H

#include <kr/flags.h>

/* Fields named as the flags in ..._flags.inc. Strings are in place. */
typedef struct kr_nextstep_config {
#define KR_FLAG_LIST <kr/nextstep_flags.inc>
#include <kr/flags.inc>
} kr_nextstep_config;

typedef struct kr_generate_config {
#define KR_FLAG_LIST <kr/generate_flags.inc>
#include <kr/flags.inc>
} kr_generate_config;

typedef struct kr_evaluate_config {
#define KR_FLAG_LIST <kr/evaluate_flags.inc>
#include <kr/flags.inc>
} kr_evaluate_config;

typedef struct kr_gates_config {
#define KR_FLAG_LIST <kr/gates_flags.inc>
#include <kr/flags.inc>
} kr_gates_config;

typedef struct kr_synth_config {
#define KR_FLAG_LIST <kr/synth_flags.inc>
#include <kr/flags.inc>
} kr_synth_config;

#endif
