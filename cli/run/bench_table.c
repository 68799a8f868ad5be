/* SPDX-License-Identifier: MIT
 * bench_table.c - rows of `krait bench` as CSV, as JSON and as lines of a table. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/csv_text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "run/bench_command.h"

/* ---- the columns ------------------------------------------------------------------------ */

typedef enum column_kind {
    TEXT,
    FLAGS, /* text that begins with words of ours: no formula */
    COUNT,
    NUMBER
} column_kind;

typedef struct column {
    column_kind kind;
    const char *name;
    size_t offset, size;
} column;

#define COLUMN(kind, name, field)                                                                  \
    { kind, name, offsetof(bench_row, field), sizeof(((const bench_row *)NULL)->field) }

/* The original's columns, then those that krait adds. */
static const column columns[] = {
    COLUMN(TEXT, "model", model),
    COLUMN(TEXT, "dataset", dataset),
    COLUMN(COUNT, "seq_len", seq_len),
    COLUMN(COUNT, "pred_len", pred_len),
    COLUMN(NUMBER, "mae", mae),
    COLUMN(NUMBER, "mse", mse),
    COLUMN(NUMBER, "rmse", rmse),
    COLUMN(NUMBER, "mape", mape),
    COLUMN(NUMBER, "mspe", mspe),
    COLUMN(NUMBER, "params_M", params_M),
    COLUMN(NUMBER, "train_time_s", train_time_s),
    COLUMN(NUMBER, "avg_epoch_time_s", avg_epoch_time_s),
    COLUMN(NUMBER, "train_throughput_samples_sec", train_throughput),
    COLUMN(NUMBER, "inference_ms", inference_ms),
    COLUMN(NUMBER, "inference_throughput", inference_throughput),
    COLUMN(NUMBER, "latency_ms", latency_ms),
    COLUMN(COUNT, "batch_size", batch_size),
    COLUMN(COUNT, "d_state", d_state),
    COLUMN(COUNT, "patch_len", patch_len),
    COLUMN(COUNT, "tokens", tokens),
    COLUMN(COUNT, "threads", threads),
    COLUMN(NUMBER, "step_ms", step_ms),
    COLUMN(NUMBER, "step_ms_least", step_ms_least),
    COLUMN(NUMBER, "step_ms_largest", step_ms_largest),
    COLUMN(NUMBER, "peak_rss_mib", peak_rss_mib),
    COLUMN(COUNT, "repeats", repeats),
    COLUMN(COUNT, "steps", steps),
    COLUMN(FLAGS, "flags", flags),
    COLUMN(TEXT, "version", version),
};
enum { N_COLUMNS = sizeof columns / sizeof columns[0], FIELD_SIZE = BENCH_FLAGS };

static const void *field_of(const bench_row *row, const column *c) {
    return (const char *)row + c->offset;
}

/* ---- CSV -------------------------------------------------------------------------------- */

static void write_field(FILE *out, const bench_row *row, const column *c) {
    if (c->kind == TEXT || c->kind == FLAGS) {
        (c->kind == TEXT ? csv_write_text : csv_write_own)(out, field_of(row, c));
        return;
    }
    double value = c->kind == COUNT ? (double)*(const int64_t *)field_of(row, c)
                                    : *(const double *)field_of(row, c);
    if (isnan(value) || (c->kind == COUNT && value < 0)) {
        fputs("N/A", out);
    } else {
        fprintf(out, c->kind == COUNT ? "%.0f" : "%.6g", value);
    }
}

static void write_header(FILE *out) {
    for (int i = 0; i < N_COLUMNS; i++) {
        if (i > 0) fputc(',', out);
        csv_write_text(out, columns[i].name);
    }
    fputc('\n', out);
}

kr_status bench_write_rows(const char *path, const bench_row *rows, int64_t n, kr_error *err) {
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    write_header(writer.stream);
    for (int64_t r = 0; r < n; r++) {
        for (int i = 0; i < N_COLUMNS; i++) {
            if (i > 0) fputc(',', writer.stream);
            write_field(writer.stream, &rows[r], &columns[i]);
        }
        fputc('\n', writer.stream);
    }
    return kr__file_writer_commit(&writer, err);
}

/* ---- reading back ----------------------------------------------------------------------- */

/* The next field of a line into text; false when it does not fit or its quote stays open. */
static bool next_field(const char **line, char *text) {
    const char *from = *line;
    bool is_quoted = *from == '"';
    size_t n = 0;
    if (is_quoted) from++;
    while (*from && *from != '\n' && (is_quoted || *from != ',')) {
        if (is_quoted && *from == '"') {
            if (from[1] != '"') break;
            from++;
        }
        if (n + 1 >= FIELD_SIZE) return false;
        text[n++] = *from++;
    }
    text[n] = '\0';
    if (is_quoted && *from++ != '"') return false;
    *line = *from == ',' ? from + 1 : from;
    return *from == ',' || *from == '\n' || *from == '\0';
}

static bool set_field(bench_row *row, const column *c, const char *text) {
    void *field = (char *)row + c->offset;
    bool is_missing = strcmp(text, "N/A") == 0;
    if (c->kind == TEXT) text = csv_skip_guard(text);
    if (c->kind == TEXT || c->kind == FLAGS) {
        return (size_t)snprintf(field, c->size, "%s", text) < c->size;
    }
    if (c->kind == COUNT) {
        if (is_missing) *(int64_t *)field = -1;
        return is_missing || kr__text_int(text, field);
    }
    *(double *)field = (double)NAN;
    /* Metrics of a series with zeros are infinite. */
    if (strcmp(text, "inf") == 0) *(double *)field = (double)INFINITY;
    return is_missing || strcmp(text, "inf") == 0 || kr__text_real(text, field);
}

static kr_status read_row(const char *path, int64_t number, const char *line, bench_row *row,
                          kr_error *err) {
    char text[FIELD_SIZE];
    for (int i = 0; i < N_COLUMNS; i++) {
        if (!next_field(&line, text) || !set_field(row, &columns[i], text)) {
            return kr_fail(err, KR_FORMAT,
                           "%s:%lld: column %s cannot be read; remove the line, or name another "
                           "folder with --results",
                           path, (long long)number, columns[i].name);
        }
    }
    return KR_OK;
}

static kr_status check_header(const char *path, const char *line, kr_error *err) {
    char text[FIELD_SIZE];
    for (int i = 0; i < N_COLUMNS; i++) {
        if (next_field(&line, text) && strcmp(text, columns[i].name) == 0) continue;
        return kr_fail(
            err, KR_FORMAT,
            "%s: has no column %s where krait bench puts it, so it is not a table of krait bench; "
            "name another folder with --results",
            path, columns[i].name);
    }
    return KR_OK;
}

static const char *next_line(const char *line) {
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

static kr_status read_rows(const char *path, const char *text, bench_row *rows, int64_t *n,
                           kr_error *err) {
    KR_TRY(check_header(path, text, err));
    int64_t number = 2;
    for (const char *line = next_line(text); *line; line = next_line(line), number++) {
        KR_TRY(read_row(path, number, line, &rows[*n], err));
        (*n)++;
    }
    return KR_OK;
}

kr_status bench_read_rows(const char *path, int64_t n_more, bench_row **rows, int64_t *n,
                          kr_error *err) {
    const size_t most = (size_t)64 << 20;
    uint8_t *bytes = NULL;
    size_t n_bytes = 0, n_lines = 1;
    KR_TRY(kr__file_read(path, most, &bytes, &n_bytes, err));
    for (size_t i = 0; i < n_bytes; i++) n_lines += bytes[i] == '\n';
    bench_row *read = kr__calloc(n_lines + (size_t)n_more, sizeof *read);
    int64_t count = 0;
    kr_status status = read ? read_rows(path, (const char *)bytes, read, &count, err)
                            : kr_fail(err, KR_MEMORY, "%s: no memory for its rows", path);
    kr_free(bytes);
    if (status != KR_OK) {
        kr_free(read);
        return status;
    }
    *rows = read;
    *n = count;
    return KR_OK;
}

/* ---- JSON ------------------------------------------------------------------------------- */

static bool add_field(cJSON *object, const bench_row *row, const column *c) {
    const void *field = field_of(row, c);
    if (c->kind == TEXT || c->kind == FLAGS) return kr__json_add_text(object, c->name, field);
    if (c->kind == NUMBER) return kr__json_add_number(object, c->name, *(const double *)field);
    int64_t count = *(const int64_t *)field;
    if (count < 0) return kr__json_add_number(object, c->name, (double)NAN);
    return kr__json_add_int(object, c->name, count);
}

void bench_print_json(const bench_row *row, FILE *out) {
    cJSON *object = cJSON_CreateObject();
    bool is_made = object != NULL;
    for (int i = 0; i < N_COLUMNS && is_made; i++) is_made = add_field(object, row, &columns[i]);
    char *text = is_made ? json_print_line(object) : NULL;
    if (text) json_write(text, out);
    fflush(out);
    kr_free(text);
    cJSON_Delete(object);
}

/* ---- lines of a table --------------------------------------------------------------------- */

void bench_print_header(FILE *out) {
    say(out, "%-14s%8s%7s%6s%8s%12s%9s%11s%10s%9s%9s\n", "model", "seq_len", "tokens", "batch",
        "d_state", "ms a step", "spread", "samples/s", "infer ms", "peak MiB", "test mse");
}

void bench_print_row(const bench_row *r, FILE *out) {
    char d_state[24] = "-", mse[24] = "-";
    if (r->d_state >= 0) snprintf(d_state, sizeof d_state, "%jd", (intmax_t)r->d_state);
    if (!isnan(r->mse)) snprintf(mse, sizeof mse, "%.4f", r->mse);
    say(out, "%-14s%8jd%7jd%6jd%8s%12.4g%8.1f%%%11.4g%10.4g%9.0f%9s\n", r->model,
        (intmax_t)r->seq_len, (intmax_t)r->tokens, (intmax_t)r->batch_size, d_state, r->step_ms,
        100 * (r->step_ms_largest - r->step_ms_least) / r->step_ms, r->train_throughput,
        r->inference_ms, r->peak_rss_mib, mse);
    fflush(out);
}
