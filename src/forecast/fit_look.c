/* SPDX-License-Identifier: MIT
 * fit_look.c - what is to be known of a table before settings are chosen. */
#include <kr/fit.h>

#include <stdio.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/csv.h>
#include <kr/text.h>

/* Columns whose value never changes. */
static void find_constants(const kr_table *t, kr_fit_look *look) {
    size_t n = 0;
    for (int64_t c = 0; c < t->n_columns; c++) {
        int64_t row = 1;
        while (row < t->n_rows && t->values[row * t->n_columns + c] == t->values[c]) row++;
        if (row < t->n_rows) continue;
        const char *comma = look->n_constant++ > 0 ? ", " : "";
        if (n + strlen(t->names[c]) + 8 < sizeof look->constant) {
            n += (size_t)snprintf(look->constant + n, sizeof look->constant - n, "%s%s", comma,
                                  t->names[c]);
        } else if (n > 0 && look->constant[n - 1] != '.') {
            n += (size_t)snprintf(look->constant + n, sizeof look->constant - n, ", ..");
        }
    }
}

static kr_status describe(const char *path, const kr_fit_config *config, kr_table *t,
                          kr_fit_look *look, kr_error *err) {
    uint8_t *missing = NULL;
    look->has_dates = t->timestamps != NULL;
    if (look->has_dates) {
        KR_TRY(kr_frequency_infer(path, t->n_rows, t->timestamps, &look->frequency, err));
    }
    KR_TRY(kr_gaps_fill(path, config->gaps, look->has_dates ? &look->frequency : NULL, t, &missing,
                        &look->gaps, err));
    kr_free(missing);
    look->n_rows = t->n_rows;
    look->n_columns = t->n_columns;
    look->n_values = t->n_rows * t->n_columns;
    if (look->has_dates) {
        look->first = t->timestamps[0];
        look->last = t->timestamps[t->n_rows - 1];
    }
    find_constants(t, look);
    return KR_OK;
}

static kr_status check_target(const char *path, const char *target, const kr_table *t,
                              kr_error *err) {
    kr_guess guess = {.word = target};
    if (!*target || kr_table_find(t, target) >= 0) return KR_OK;
    for (int64_t i = 0; i < t->n_columns; i++) {
        kr_guess_offer(&guess, t->names[i], strlen(t->names[i]));
    }
    return kr_fail(err, KR_USAGE, "`target`: %s has no column \"%.60s\"%s%.*s%s", path, target,
                   guess.best ? "; did you mean " : " of numbers; krait info lists them",
                   (int)guess.n_best, guess.best ? guess.best : "", guess.best ? "?" : "");
}

kr_status kr_fit_look_at(const char *path, const kr_fit_config *config, kr_fit_look *look,
                         kr_error *err) {
    const kr_csv_options options = {.keeps_gaps = true};
    kr_table *table = NULL;
    *look = (kr_fit_look){.n_rows = 0};
    KR_TRY(kr_csv_read(path, &options, &table, err));
    kr_status status = check_target(path, config->target, table, err);
    if (status == KR_OK) status = describe(path, config, table, look, err);
    kr_table_destroy(table);
    return status;
}
