/* SPDX-License-Identifier: MIT
 * made_rows.h - rows of one column out of a function of series and step. */
#ifndef KR_TEST_MADE_ROWS_H
#define KR_TEST_MADE_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <kr/rows.h>

/* n_series of n rows, called s0, s1, ..; a single one has no name. A failure fails the test. */
static inline kr_rows *made_rows(int64_t n_series, int64_t n, double (*value)(int64_t, int64_t)) {
    double *values = calloc((size_t)(n_series * n), sizeof *values);
    char(*texts)[24] = calloc((size_t)n_series, sizeof *texts);
    const char **names = calloc((size_t)n_series, sizeof *names);
    int64_t *counts = calloc((size_t)n_series, sizeof *counts);
    const char *columns[] = {"y"};
    for (int64_t i = 0; i < n_series; i++) {
        snprintf(texts[i], sizeof texts[i], "s%d", (int)i);
        names[i] = texts[i];
        counts[i] = n;
        for (int64_t t = 0; t < n; t++) values[i * n + t] = value(i, t);
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = n_series * n,
                                   .n_columns = 1,
                                   .values = values,
                                   .columns = columns,
                                   .n_series = n_series > 1 ? n_series : 0,
                                   .series = n_series > 1 ? names : NULL,
                                   .series_rows = n_series > 1 ? counts : NULL};
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    if (kr_rows_from_memory(&memory, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    free(values);
    free(texts);
    free(names);
    free(counts);
    return rows;
}

#endif
