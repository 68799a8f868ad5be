/* SPDX-License-Identifier: MIT
 * predict_write.c - forecasts as a file: a table, arrays, or an object. */
#include <inttypes.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/history_text.h"
#include "forecast/prediction_table.h"
#include "framework/csv_text.h"
#include "framework/shard_output.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"

/* ---- CSV -------------------------------------------------------------------------------- */

static kr__prediction_table table_of(const predict_job *job, bool has_origin, FILE *stream) {
    return (kr__prediction_table){.model = job->model,
                                  .history = job->history,
                                  .n_levels = job->options.n_levels,
                                  .levels = job->levels,
                                  .has_origin = has_origin,
                                  .has_quantiles = job->request->has_quantiles,
                                  .show = csv_show_on(stream)};
}

void predict_print_header(const predict_job *job, bool has_origin, FILE *stream) {
    const kr__prediction_table table = table_of(job, has_origin, stream);
    kr__prediction_print_header(&table, stream);
}

void predict_print_rows(const predict_job *job, const kr_prediction *p, bool has_origin,
                        FILE *stream) {
    const kr__prediction_table table = table_of(job, has_origin, stream);
    kr__prediction_print_rows(&table, p, stream);
}

static void print_table(const predict_job *job, const kr_prediction *p, FILE *stream) {
    bool has_origin = job->request->config.every > 0;
    predict_print_header(job, has_origin, stream);
    predict_print_rows(job, p, has_origin, stream);
}

static kr_status write_table(const predict_job *job, const kr_prediction *p, const char *path,
                             kr_error *err) {
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    print_table(job, p, writer.stream);
    return kr__file_writer_commit(&writer, err);
}

/* ---- npz -------------------------------------------------------------------------------- */

enum { MOST_ARRAYS = 8 };

typedef struct arrays {
    kr_array list[MOST_ARRAYS];
    int64_t n;
} arrays;

static kr_status add_array(arrays *a, const char *name, kr_dtype dtype, int rank,
                           const int64_t *shape, const void *data, kr_error *err) {
    return kr_array_view(name, dtype, rank, shape, data, &a->list[a->n++], err);
}

/* Names as texts of equal length, which numpy reads as bytes. Free *block with kr_free. */
static kr_status add_columns(const predict_job *job, arrays *a, char **block, kr_error *err) {
    int64_t n = kr_forecaster_info_of(job->model)->n_outputs;
    size_t width = 1;
    for (int64_t k = 0; k < n; k++) {
        size_t length = strlen(kr__forecaster_column(job->model, k));
        if (length > width) width = length;
    }
    *block = kr__calloc((size_t)n, width);
    if (!*block) return kr_fail(err, KR_MEMORY, "out of memory for the names of columns");
    for (int64_t k = 0; k < n; k++) {
        const char *name = kr__forecaster_column(job->model, k);
        memcpy(*block + (size_t)k * width, name, strlen(name));
    }
    a->list[a->n++] = (kr_array){.name = (char *)"columns",
                                 .dtype = KR_DTYPE_BYTES,
                                 .rank = 1,
                                 .shape = {n},
                                 .n = n,
                                 .item_size = width,
                                 .data = *block};
    return KR_OK;
}

static kr_status add_arrays(const predict_job *job, const kr_prediction *p, arrays *a,
                            int64_t *origin, char **block, kr_error *err) {
    const kr_history *h = job->history;
    const int64_t values[] = {p->n, p->n_steps, p->n_outputs};
    const int64_t bounds[] = {p->n_levels, p->n, p->n_steps, p->n_outputs};
    for (int64_t i = 0; i < p->n; i++) {
        origin[i] = h->timestamps ? h->timestamps[p->origin[i]] : p->origin[i] + 1;
    }
    KR_TRY(add_array(a, "forecast", KR_DTYPE_F64, 3, values, p->forecast, err));
    KR_TRY(add_array(a, "truth", KR_DTYPE_F64, 3, values, p->truth, err));
    KR_TRY(add_array(a, "origin", KR_DTYPE_I64, 1, values, origin, err));
    if (p->timestamps) {
        KR_TRY(add_array(a, "timestamps", KR_DTYPE_I64, 2, values, p->timestamps, err));
    }
    KR_TRY(add_columns(job, a, block, err));
    if (p->n_levels == 0) return KR_OK;
    KR_TRY(add_array(a, "levels", KR_DTYPE_F64, 1, bounds, p->levels, err));
    KR_TRY(add_array(a, "lower", KR_DTYPE_F64, 4, bounds, p->lower, err));
    return add_array(a, "upper", KR_DTYPE_F64, 4, bounds, p->upper, err);
}

static kr_status write_arrays(const predict_job *job, const kr_prediction *p, const char *path,
                              kr_error *err) {
    arrays a = {.n = 0};
    char *block = NULL;
    int64_t *origin = kr__calloc((size_t)p->n, sizeof *origin);
    kr_status status = origin ? add_arrays(job, p, &a, origin, &block, err)
                              : kr_fail(err, KR_MEMORY, "out of memory for %s", path);
    if (status == KR_OK) status = kr_npz_write(path, a.list, a.n, false, err);
    kr_free(origin);
    kr_free(block);
    return status;
}

/* ---- by ending -------------------------------------------------------------------------- */

static kr_status write_json(const predict_job *job, const kr_prediction *p, const char *path,
                            kr_error *err) {
    char *json = NULL;
    KR_TRY(predict_make_json(job, p, &json, err));
    kr_status status = kr__file_write(path, json, strlen(json), err);
    kr_free(json);
    return status;
}

kr_status predict_check_out(const char *path, kr_error *err) {
    if (strcmp(path, "-") == 0 || kr__text_ends(path, ".csv") || kr__text_ends(path, ".npz") ||
        kr__text_ends(path, ".json")) {
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE,
                   "--out %.200s: the ending says the format: .csv, .npz or .json; - is CSV on "
                   "standard output",
                   path);
}

kr_status predict_check_shard(const char *shard, const char *path, bool is_stream, kr_error *err) {
    KR_TRY(shard_check(shard, err));
    if (!*shard) return KR_OK;
    if (is_stream) {
        return kr_fail(err, KR_USAGE,
                       "--shard shares out the series of a table; --stream has none");
    }
    if (!*path || kr__text_ends(path, ".csv")) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--out %.200s: a shard is written as .csv, which krait merge joins", path);
}

kr_status predict_write(const predict_job *job, const kr_prediction *p, kr_error *err) {
    const char *path = job->request->config.out;
    if (strcmp(path, "-") == 0) {
        print_table(job, p, stdout);
        return KR_OK;
    }
    if (kr__text_ends(path, ".npz")) return write_arrays(job, p, path, err);
    if (kr__text_ends(path, ".json")) return write_json(job, p, path, err);
    return write_table(job, p, path, err);
}
