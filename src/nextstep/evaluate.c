/* SPDX-License-Identifier: MIT
 * evaluate.c - the table of settings of `krait evaluate`. */
#include <kr/nextstep.h>

#include "core/settings_view.h"
#include "nextstep/nextstep_config.h"

#define KR_FLAG_OWNER kr_evaluate_config
#define KR_FLAG_NAME "evaluate"
#define KR_FLAG_LIST "nextstep/evaluate_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

const kr_flag_table *kr__evaluate_flags(void) { return &table; }

kr_status kr_evaluate_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}
