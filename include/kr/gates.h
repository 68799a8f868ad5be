/* SPDX-License-Identifier: MIT
 * gates.h - the settings of `krait gates`: what steers the Mamba blocks of a model. */
#ifndef KR_GATES_H
#define KR_GATES_H

#include <kr/flags.h>

KR_BEGIN_DECLS

/* Fields named as the flags in gates_flags.inc. */
typedef struct kr_gates_config {
#define KR_FLAG_LIST <kr/gates_flags.inc>
#include <kr/flags.inc>
} kr_gates_config;
KR_API const kr_flag_table *kr_gates_flags(void);
/* The same behind a handle (kr/settings.h). */
KR_API kr_status kr_gates_settings_create(kr_settings **out, kr_error *err);

KR_END_DECLS

#endif
