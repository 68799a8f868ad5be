/* SPDX-License-Identifier: MIT
 * flag_find.h - the error of everything that looks up a setting by its name. */
#ifndef KR_FLAG_FIND_H
#define KR_FLAG_FIND_H

#include "core/flags.h"

/* KR_USAGE for a name that is not in the table, with a guess at what was meant. */
kr_status kr__flags_fail_unknown(const kr_flag_table *table, const char *name, kr_error *err);

#endif
