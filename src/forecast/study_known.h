/* SPDX-License-Identifier: MIT
 * study_known.h - the targets of a study as series of the zero-shot model: to learn from. */
#ifndef KR_STUDY_KNOWN_H
#define KR_STUDY_KNOWN_H

#include <kr/zeroshot.h>

#include "forecast/study.h"

typedef struct kr__known_series {
    kr_zeroshot_series *list; /* (n) NaN where a gap was filled; values in the arena */
    int64_t n;
    kr_arena arena;
} kr__known_series;

/* Of each target what is known before its first window, or, is_all, all of it. Free with
 * kr__known_series_deinit, also on failure. KR_MEMORY. */
kr_status kr__known_series_init(const kr__study *study, bool is_all, kr__known_series *out,
                                kr_error *err);
void kr__known_series_deinit(kr__known_series *known);

#endif
