/* SPDX-License-Identifier: MIT
 * fuzz_panel.c - any bytes as a folder of CSV files (support/fuzz_files.h), a series each. The rows
 * of a panel are those of its files, one after the other, each in the order of the first one's
 * columns. */
#include <kr/rows.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/fuzz_array.h"
#include "support/fuzz_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static const kr_rows_options options = {.size = sizeof options, .keeps_gaps = true};

/* Series i of the panel against its file, read as the first file of the panel was. Columns of the
 * panel hold no names of series, whatever they are called. */
static void require_series(const kr_rows *panel, int64_t i) {
    char name[64];
    kr_rows_options as_first = options;
    as_first.reading = kr_rows_reading(panel);
    as_first.categories = "off";
    kr_rows *alone = NULL;
    int64_t first = kr_rows_series_start(panel, i), width = kr_rows_column_count(panel);
    snprintf(name, sizeof name, "panel/%s.csv", kr_rows_series(panel, i));
    const char **needed = kr__calloc((size_t)width, sizeof *needed);
    for (int64_t c = 0; needed && c < width; c++) needed[c] = kr_rows_column(panel, c);
    as_first.needed = needed;
    as_first.n_needed = needed ? width : 0;
    require(kr_rows_read(fuzz_path(name), &as_first, &alone, NULL) == KR_OK);
    kr_free(needed);
    require(kr_rows_count(alone) == kr_rows_series_start(panel, i + 1) - first);
    require(kr_rows_column_count(alone) == width);
    for (int64_t c = 0; c < width; c++) {
        int64_t of = kr_rows_find(alone, kr_rows_column(panel, c));
        require(of >= 0);
        for (int64_t t = 0; t < kr_rows_count(alone); t++) {
            double a = kr_rows_values(alone)[t * width + of];
            double b = kr_rows_values(panel)[(first + t) * width + c];
            require(a == b || (isnan(a) && isnan(b)));
        }
    }
    kr_rows_destroy(alone);
}

static void require_dates(const kr_rows *panel, int64_t i) {
    const int64_t *dates = kr_rows_dates(panel);
    int64_t first = kr_rows_series_start(panel, i), end = kr_rows_series_start(panel, i + 1);
    for (int64_t t = first + 1; dates && t < end; t++) require(dates[t] > dates[t - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static const char *const names[] = {"panel/a.csv", "panel/b.csv", "panel/c.csv",
                                        "panel/notes.txt"};
    kr_rows *rows = NULL;
    kr_error err = {0};
    fuzz_clear();
    fuzz_write("panel/a.csv", "", 0);
    fuzz_write_files(bytes, n_bytes, names, sizeof names / sizeof names[0]);
    kr_status status = kr_rows_read(fuzz_path("panel"), &options, &rows, &err);
    require_outcome(status, rows != NULL, &err);
    for (int64_t i = 0; rows && i < kr_rows_series_count(rows); i++) {
        require_series(rows, i);
        require_dates(rows, i);
    }
    kr_rows_destroy(rows);
    return 0;
}
