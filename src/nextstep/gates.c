/* SPDX-License-Identifier: MIT
 * gates.c - the table of settings of `krait gates`. */
#include <kr/nextstep.h>

#include "core/settings_view.h"
#include "nextstep/nextstep_config.h"

#define KR_FLAG_OWNER kr_gates_config
#define KR_FLAG_NAME "gates"
#define KR_FLAG_LIST "nextstep/gates_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

const kr_flag_table *kr__gates_flags(void) { return &table; }

kr_status kr_gates_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}
