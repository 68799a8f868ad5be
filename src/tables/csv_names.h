/* SPDX-License-Identifier: MIT
 * csv_names.h - names of columns that can be told apart. */
#ifndef KR_CSV_NAMES_H
#define KR_CSV_NAMES_H

#include <kr/base.h>

#include "core/arena.h"

/* A name that came before gets a number that makes it different from all others: v, v.1, v.2, as
 * pandas does; blanks around a name do not count. Of several columns without a name, the one in
 * field 3 becomes c3. note says what was renamed, "" where nothing was. False: out of memory. */
enum { KR_CSV_NOTE = 300 };
bool kr__csv_name_apart(char **names, int64_t n, kr_arena *arena, char note[KR_CSV_NOTE]);

#endif
