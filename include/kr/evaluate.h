/* SPDX-License-Identifier: MIT
 * evaluate.h - the settings of `krait evaluate`: what the layers of a model make of a series. */
#ifndef KR_EVALUATE_H
#define KR_EVALUATE_H

#include <kr/flags.h>

KR_BEGIN_DECLS

/* Fields named as the flags in evaluate_flags.inc. */
typedef struct kr_evaluate_config {
#define KR_FLAG_LIST <kr/evaluate_flags.inc>
#include <kr/flags.inc>
} kr_evaluate_config;
KR_API const kr_flag_table *kr_evaluate_flags(void);
/* The same behind a handle (kr/settings.h). */
KR_API kr_status kr_evaluate_settings_create(kr_settings **out, kr_error *err);

KR_END_DECLS

#endif
