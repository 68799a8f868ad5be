/* SPDX-License-Identifier: MIT
 * flag_find.h - what all say who look a setting up by its name. */
#ifndef KR_FLAG_FIND_H
#define KR_FLAG_FIND_H

#include "core/flags.h"

/* KR_USAGE, with a guess at what was meant by a name that is none of the table's. */
kr_status kr__flags_fail_unknown(const kr_flag_table *table, const char *name, kr_error *err);

#endif
