/* SPDX-License-Identifier: MIT
 * fit_look.c - what must be known of rows before settings are chosen. */

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/fit.h"
#include "tables/rows_internal.h"

/* Columns whose value never changes. */
static void find_constants(const kr_rows *rows, kr_fit_look *look) {
    size_t n = 0;
    for (int64_t c = 0; c < rows->n_columns; c++) {
        int64_t row = 1;
        while (row < rows->n_rows && rows->values[row * rows->n_columns + c] == rows->values[c]) {
            row++;
        }
        if (row < rows->n_rows) continue;
        const char *comma = look->n_constant++ > 0 ? ", " : "";
        if (n + strlen(rows->columns[c]) + 8 < sizeof look->constant) {
            n += (size_t)snprintf(look->constant + n, sizeof look->constant - n, "%s%s", comma,
                                  rows->columns[c]);
        } else if (n > 0 && look->constant[n - 1] != '.') {
            n += (size_t)snprintf(look->constant + n, sizeof look->constant - n, ", ..");
        }
    }
}

/* rows are a copy, whose gaps it fills. */
static kr_status describe(const kr_fit_config *config, kr_rows *rows, kr_fit_look *look,
                          kr_error *err) {
    look->has_dates = rows->dates != NULL;
    if (look->has_dates) {
        KR_TRY(kr_frequency_infer(rows->name, rows->n_rows, rows->dates, &look->frequency, err));
    }
    KR_TRY(kr__rows_fill(rows, config->gaps, look->has_dates ? &look->frequency : NULL, &look->gaps,
                         err));
    look->n_rows = rows->n_rows;
    look->n_columns = rows->n_columns;
    look->n_values = rows->n_rows * rows->n_columns;
    if (look->has_dates) {
        look->first = rows->dates[0];
        look->last = rows->dates[rows->n_rows - 1];
    }
    find_constants(rows, look);
    return KR_OK;
}

static kr_status check_target(const kr_rows *rows, const char *target, kr_error *err) {
    kr_guess guess = {.word = target};
    if (!*target || kr_rows_find(rows, target) >= 0) return KR_OK;
    for (int64_t i = 0; i < rows->n_columns; i++) {
        kr__guess_offer(&guess, rows->columns[i], strlen(rows->columns[i]));
    }
    return kr_fail(err, KR_USAGE, "`target`: %s has no column \"%.60s\"%s%.*s%s", rows->name,
                   target, guess.best ? "; did you mean " : " of numbers; krait info lists them",
                   (int)guess.n_best, guess.best ? guess.best : "", guess.best ? "?" : "");
}

static kr_status copy_rows(const kr_rows *rows, kr_rows **out, kr_error *err) {
    int64_t *all = kr__calloc((size_t)rows->n_columns, sizeof *all);
    if (!all) return kr_fail(err, KR_MEMORY, "%s: out of memory for its rows", rows->name);
    for (int64_t c = 0; c < rows->n_columns; c++) all[c] = c;
    kr_status status = kr__rows_pick(rows, -1, rows->n_columns, all, out, err);
    kr_free(all);
    return status;
}

kr_status kr__fit_look_at(const kr_rows *rows, const kr_fit_config *config, kr_fit_look *look,
                          kr_error *err) {
    kr_rows *own = NULL;
    *look = (kr_fit_look){.n_rows = 0};
    KR_TRY(check_target(rows, config->target, err));
    KR_TRY(copy_rows(rows, &own, err));
    kr_status status = describe(config, own, look, err);
    kr_rows_destroy(own);
    return status;
}
