/* SPDX-License-Identifier: MIT
 * predict_stream.c - rows from standard input, and a forecast as each arrives. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/forecaster_internal.h"
#include "forecast/table_columns.h"
#include "framework/input_lines.h"
#include "framework/json_numbers.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"
#include "tables/csv.h"
#include "tables/rows_internal.h"

typedef struct stream {
    predict_job *job;
    predict_input *input; /* the request's, or own */
    predict_input own;
    char *text; /* the header and the line of a row */
    size_t text_size;
    int64_t *column_of; /* of the model's columns in a row; NULL: no row yet */
    double *values;     /* a row in the model's order */
    int64_t n_rows, n_forecasts;
} stream;

static kr_status out_of_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for a row");
}

/* ---- a row ------------------------------------------------------------------------------ */

static bool is_blank(const input_lines *lines) {
    return lines->line[strspn(lines->line, " \t\r")] == '\0';
}

/* Past lines that are empty. */
kr_status predict_input_next(input_lines *lines, bool *has_one, kr_error *err) {
    do {
        KR_TRY(input_lines_next(lines, has_one, err));
    } while (*has_one && is_blank(lines));
    return KR_OK;
}

kr_status predict_input_begin(predict_input *input, kr_error *err) {
    bool has_one = true;
    KR_TRY(predict_input_next(&input->lines, &has_one, err));
    if (program_is_stopping()) return KR_OK;
    if (!has_one) {
        return kr_fail(err, KR_USAGE,
                       "standard input is empty; --stream needs a line of column names, then a "
                       "line of CSV for each row");
    }
    input->header = kr__calloc(input->lines.size + 2, 1);
    if (!input->header) return out_of_memory(err);
    memcpy(input->header, input->lines.line, input->lines.size);
    input->header[input->lines.size] = '\n';
    return KR_OK;
}

void predict_input_deinit(predict_input *input) {
    input_lines_deinit(&input->lines);
    kr_free(input->header);
    input->header = NULL;
}

/* The header and the line, as a file of one row. */
static kr_status join_text(stream *s, kr_error *err) {
    size_t n = strlen(s->input->header), size = n + s->input->lines.size + 1;
    if (size > s->text_size) {
        kr_free(s->text);
        s->text = kr__calloc(2 * size, 1);
        s->text_size = s->text ? 2 * size : 0;
        if (!s->text) return out_of_memory(err);
        memcpy(s->text, s->input->header, n);
    }
    memcpy(s->text + n, s->input->lines.line, s->input->lines.size + 1);
    return KR_OK;
}

static kr_status parse_row(stream *s, kr_table **table, kr_error *err) {
    const predict_job *job = s->job;
    kr_rows_options how = predict_reading(&job->request->config);
    how.header = "yes";
    how.reading = job->model->features->reading;
    const kr_csv_options options = {
        .date_column = how.date_column,
        .keeps_gaps = true,
        .columns = (const char *const *)kr_forecaster_info_of(job->model)->columns,
        .n_columns = kr_forecaster_info_of(job->model)->n_channels +
                     kr_forecaster_info_of(job->model)->n_static,
        .first_line = s->input->lines.n,
        .given = kr__rows_given(&how)};
    KR_TRY(join_text(s, err));
    return kr__csv_read_bytes("standard input", (const uint8_t *)s->text, strlen(s->text), &options,
                              table, err);
}

/* Called for the first row: are all columns there? */
static kr_status find_columns(stream *s, const kr_table *table, kr_error *err) {
    const kr_forecaster *model = s->job->model;
    if (s->column_of) return KR_OK;
    size_t n =
        (size_t)(kr_forecaster_info_of(model)->n_channels + kr_forecaster_info_of(model)->n_static);
    s->column_of = kr__calloc(n, sizeof *s->column_of);
    s->values = kr__calloc(n, sizeof *s->values);
    if (!s->column_of || !s->values) return out_of_memory(err);
    KR_TRY(kr__forecaster_find_columns(model, "standard input", table, s->column_of, err));
    if (kr_forecaster_info_of(model)->has_dates && !table->timestamps) {
        return kr_fail(err, KR_FORMAT,
                       "standard input: has no column of dates, which the model needs; name it "
                       "with --date_column");
    }
    return KR_OK;
}

/* Rows and cells that were missing and are filled. */
static int64_t count_filled(const stream *s) {
    const kr_gaps_report *g = &s->job->history->gaps;
    return g->n_rows + g->n_cells;
}

static kr_status push_row(stream *s, const kr_table *table, kr_error *err) {
    KR_TRY(find_columns(s, table, err));
    const kr_forecaster *model = s->job->model;
    for (int64_t c = 0;
         c < kr_forecaster_info_of(model)->n_channels + kr_forecaster_info_of(model)->n_static;
         c++) {
        s->values[c] = table->values[s->column_of[c]];
    }
    int64_t timestamp = table->timestamps ? table->timestamps[0] : 0, n_before = count_filled(s);
    kr_status status = kr_history_push(s->job->history, s->values, timestamp, err);
    if (status != KR_OK) kr_error_prefix(err, "standard input:%" PRId64, s->input->lines.n);
    s->n_rows++;
    bool takes_gaps = s->job->request->model != NULL;
    if (n_before == 0 && count_filled(s) > 0 && !s->job->request->call.is_quiet) {
        say(stderr, "krait %s: note: standard input:%" PRId64 ": %s%s%s, here for the first time\n",
            program_command(), s->input->lines.n,
            takes_gaps ? "values are missing" : "gaps are filled (--gaps ",
            takes_gaps ? "" : trained_model_gaps(model, s->job->request->config.gaps),
            takes_gaps ? "" : ")");
    }
    return status;
}

/* ---- its forecast ----------------------------------------------------------------------- */

static kr_status print_forecast(stream *s, const kr_prediction *p, kr_error *err) {
    char *line = NULL;
    if (!s->job->request->call.is_json) {
        if (s->n_forecasts == 0) predict_print_header(s->job, true, stdout);
        predict_print_rows(s->job, p, true, stdout);
    } else {
        KR_TRY(predict_make_line(s->job, p, &line, err));
        json_write(line, stdout);
        kr_free(line);
    }
    s->n_forecasts++;
    return output_lines_flush(err);
}

static kr_status forecast(stream *s, kr_error *err) {
    const predict_job *job = s->job;
    kr_prediction *p = NULL;
    int64_t newest = job->history->n_rows - 1;
    if (newest + 1 < kr_forecaster_info_of(job->model)->seq_len) return KR_OK;
    KR_TRY(kr_forecaster_predict(job->model, job->history, 1, &newest, &job->options, &p, err));
    kr_status status = print_forecast(s, p, err);
    kr_prediction_destroy(p);
    return status;
}

/* ---- all rows --------------------------------------------------------------------------- */

static kr_status start_history(predict_job *job, kr_error *err) {
    const char *gaps = trained_model_gaps(job->model, job->request->config.gaps);
    const kr_history_options options = {.size = sizeof options, .gaps = gaps};
    if (job->history) return KR_OK;
    return kr_history_start(job->model, "standard input", &options, &job->history, err);
}

/* Of a stream that was begun the rows so far are the history. */
static kr_status begin(stream *s, kr_error *err) {
    KR_TRY(start_history(s->job, err));
    if (!s->input->header) return predict_input_begin(s->input, err);
    s->n_rows = s->job->history->n_rows;
    return s->n_rows > 0 ? forecast(s, err) : KR_OK;
}

static kr_status run(stream *s, kr_error *err) {
    bool has_one = true;
    KR_TRY(begin(s, err));
    while (true) {
        kr_table *table = NULL;
        KR_TRY(predict_input_next(&s->input->lines, &has_one, err));
        if (!has_one) break;
        KR_TRY(parse_row(s, &table, err));
        kr_status status = push_row(s, table, err);
        kr__table_destroy(table);
        KR_TRY(status);
        KR_TRY(forecast(s, err));
    }
    if (program_is_stopping()) {
        return kr_fail(err, KR_INTERRUPTED, "stopped on request after %" PRId64 " row%s", s->n_rows,
                       kr__plural(s->n_rows));
    }
    if (s->n_forecasts > 0) return KR_OK;
    return kr_fail(err, KR_SHAPE,
                   "standard input ended after %" PRId64 " row%s; the model needs %" PRId64
                   " for its first forecast; give the rows before them in a DATA file",
                   s->n_rows, kr__plural(s->n_rows), kr_forecaster_info_of(s->job->model)->seq_len);
}

kr_status predict_stream(predict_job *job, kr_error *err) {
    stream s = {.job = job};
    s.input = job->request->input ? job->request->input : &s.own;
    kr_status status = run(&s, err);
    predict_input_deinit(&s.own);
    kr_free(s.text);
    kr_free(s.column_of);
    kr_free(s.values);
    return status;
}
