/* SPDX-License-Identifier: MIT
 * forecast_stream.c - what the first rows of standard input tell of all that follow. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/forecast_command.h"
#include "framework/program.h"
#include "tables/csv.h"
#include "tables/rows_internal.h"

#define KR_READING_OWNER kr_fit_config
#include "tables/take_reading.inc"

/* The header and the lines so far, also those that were empty, so that a row is where it was. */
typedef struct first_text {
    char *text;
    size_t n;
    int64_t n_lines;
} first_text;

static kr_status add_line(first_text *t, const input_lines *lines, kr_error *err) {
    size_t n_empty = (size_t)(lines->n - 1 - t->n_lines), size = t->n + n_empty + lines->size + 1;
    char *longer = kr__calloc(size + 1, 1);
    if (!longer) return kr_fail(err, KR_MEMORY, "out of memory for a row");
    memset(longer, '\n', size);
    if (t->n > 0) memcpy(longer, t->text, t->n);
    memcpy(longer + t->n + n_empty, lines->line, lines->size);
    kr_free(t->text);
    *t = (first_text){longer, size, lines->n};
    return KR_OK;
}

static kr_status parse(const kr_fit_config *config, const first_text *t, kr_rows **out,
                       kr_error *err) {
    kr_rows_options how = take_reading(config);
    kr_table *table = NULL;
    how.header = "yes";
    const kr_csv_options options = {
        .date_column = how.date_column, .keeps_gaps = true, .given = kr__rows_given(&how)};
    KR_TRY(kr__csv_read_bytes("standard input", (const uint8_t *)t->text, t->n, &options, &table,
                              err));
    return kr__rows_take("standard input", table, out, err);
}

static bool has_values(const kr_rows *rows, int64_t column) {
    for (int64_t i = 0; i < rows->n_rows; i++) {
        if (!isnan(rows->values[i * rows->n_columns + column])) return true;
    }
    return false;
}

/* Are these rows enough to know their step, and something of each column? Of ten rows on the reader
 * leaves out columns that are empty; where all are, they are not waited for without end. */
static bool are_enough(const kr_rows *rows) {
    enum { MOST = 100 };
    if (kr_rows_dates(rows) && rows->n_rows < 2) return false;
    for (int64_t c = 0; c < rows->n_columns && rows->n_rows < MOST; c++) {
        if (!has_values(rows, c)) return false;
    }
    return true;
}

static kr_status read_on(const kr_fit_config *config, predict_input *input, first_text *t,
                         kr_rows **out, kr_error *err) {
    bool has_one = true;
    while (!*out || !are_enough(*out)) {
        KR_TRY(predict_input_next(&input->lines, &has_one, err));
        if (!has_one) break;
        KR_TRY(add_line(t, &input->lines, err));
        kr_rows_destroy(*out);
        *out = NULL;
        KR_TRY(parse(config, t, out, err));
    }
    if (program_is_stopping()) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
    if (*out) return KR_OK;
    return kr_fail(err, KR_SHAPE, "standard input ended after its header; a forecast needs a row");
}

kr_status forecast_first_rows(const kr_fit_config *config, predict_input *input, kr_rows **out,
                              kr_error *err) {
    first_text t = {.n = 0};
    KR_TRY(predict_input_begin(input, err));
    if (!input->header) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
    kr_status status = add_line(&t, &input->lines, err);
    if (status == KR_OK) status = read_on(config, input, &t, out, err);
    kr_free(t.text);
    return status;
}
