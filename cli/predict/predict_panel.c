/* SPDX-License-Identifier: MIT
 * predict_panel.c - krait predict for a model of several series: a forecast for each. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/predict_internal.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "framework/shard_output.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"
#include "tables/rows_internal.h"

/* Refuse flags that make no sense for a table of several series. */
static kr_status check_flags(const predict_job *job, kr_error *err) {
    const predict_request *r = job->request;
    const char *out = r->config.out;
    bool is_table = strcmp(out, "-") == 0 || kr__text_ends(out, ".csv");
    const char *flag = r->is_stream                                          ? "stream"
                       : r->config.every > 0                                 ? "every"
                       : *out && !is_table                                   ? "out"
                       : !r->model && settings_has(&r->call.given, "figure") ? "figure"
                                                                             : NULL;
    if (!flag) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--%s: a model of a panel forecasts each series once, all into one CSV file "
                   "(--out FILE.csv); leave it out",
                   flag);
}

/* The series that are long enough, and what goes out for each. */
typedef struct task {
    predict_job *job;
    const kr_history **histories; /* (n) */
    int64_t *origins;             /* (n) */
    int64_t n;
    kr_few short_ones;
    FILE *stream; /* NULL: no table */
    cJSON *list;  /* NULL: no JSON */
} task;

static kr_status list_series(task *p, const kr_history_panel *all, kr_error *err) {
    for (int64_t i = 0; i < all->n; i++) {
        const kr_history *h = p->job->history = all->series[i];
        KR_TRY(predict_find_at(p->job, &p->origins[p->n], err));
        if (p->origins[p->n] + 1 < kr_forecaster_info_of(p->job->model)->seq_len) {
            kr__few_add(&p->short_ones, h->series ? h->series : h->name);
            continue;
        }
        p->histories[p->n++] = h;
    }
    return KR_OK;
}

static kr_status put_series(task *p, int64_t i, const kr_prediction *forecast, kr_error *err) {
    const predict_watcher *watcher = &p->job->request->watcher;
    p->job->history = (kr_history *)p->histories[i];
    if (p->stream) predict_print_rows(p->job, forecast, false, p->stream);
    if (p->list && !predict_add_json(p->job, forecast, p->list)) {
        return kr_fail(err, KR_MEMORY, "out of memory for the forecasts as JSON");
    }
    return watcher->see ? watcher->see(watcher->arg, p->job, forecast, err) : KR_OK;
}

/* So many at a time as keep all workers busy, so that not all forecasts are in memory at once. */
static kr_status forecast_series(task *p, kr_error *err) {
    enum { MOST = 512 };
    kr_prediction *out[MOST] = {NULL};
    kr_status status = KR_OK;
    for (int64_t i = 0; i < p->n && status == KR_OK; i += MOST) {
        int64_t n = p->n - i < MOST ? p->n - i : MOST;
        status = kr_forecaster_predict_each(p->job->model, p->histories + i, n, p->origins + i,
                                            &p->job->options, out, err);
        for (int64_t k = 0; k < n; k++) {
            if (status == KR_OK) status = put_series(p, i + k, out[k], err);
            kr_prediction_destroy(out[k]);
            out[k] = NULL;
        }
    }
    return status;
}

static kr_status tell_short_ones(const task *p, const kr_history_panel *all, kr_error *err) {
    const predict_request *r = p->job->request;
    int64_t needed = kr_forecaster_info_of(p->job->model)->seq_len, n_short = p->short_ones.n;
    if (n_short == all->n && !*r->config.shard) {
        return kr_fail(err, KR_SHAPE,
                       "%s: none of its %" PRId64 " series (%s) has the %" PRId64
                       " rows that the model needs",
                       r->data, all->n, p->short_ones.names, needed);
    }
    if (n_short > 0 && !r->call.is_quiet) {
        say(stderr,
            "krait predict: note: %" PRId64 " of %" PRId64
            " series have fewer rows than the %" PRId64 " that the model needs: %s\n",
            n_short, all->n, needed, p->short_ones.names);
    }
    return KR_OK;
}

static kr_status run_panel(task *p, const kr_history_panel *all, kr_error *err) {
    KR_TRY(list_series(p, all, err));
    p->job->history = all->series[0];
    if (p->stream) predict_print_header(p->job, false, p->stream);
    KR_TRY(forecast_series(p, err));
    KR_TRY(tell_short_ones(p, all, err));
    if (!p->job->request->call.is_quiet) {
        fprintf(p->job->words, "forecasts of %" PRId64 " series\n", p->n);
    }
    return KR_OK;
}

static kr_status print_json(task *p, kr_error *err) {
    char *json = NULL;
    cJSON *list = p->list;
    p->list = NULL;
    KR_TRY(predict_make_json_list(p->job, list, &json, err));
    json_write(json, stdout);
    kr_free(json);
    return KR_OK;
}

static kr_status forecast_all(predict_job *job, const kr_history_panel *all, FILE *stream,
                              kr_error *err) {
    bool is_json = job->request->call.is_json;
    task p = {.job = job, .stream = stream, .list = is_json ? cJSON_CreateArray() : NULL};
    p.histories = kr__calloc((size_t)all->n, sizeof(kr_history *));
    p.origins = kr__calloc((size_t)all->n, sizeof *p.origins);
    bool has_room = p.histories && p.origins && (p.list || !is_json);
    kr_status status = has_room ? run_panel(&p, all, err)
                                : kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    if (status == KR_OK && is_json) status = print_json(&p, err);
    cJSON_Delete(p.list);
    kr_free(p.histories);
    kr_free(p.origins);
    return status;
}

static kr_status write_all(predict_job *job, const kr_history_panel *panel, kr_error *err) {
    const char *out = job->request->config.out;
    if (!*out) return forecast_all(job, panel, NULL, err);
    if (strcmp(out, "-") == 0) return forecast_all(job, panel, stdout, err);
    kr_file_writer w;
    KR_TRY(kr__file_writer_open(out, &w, err));
    kr_status status = forecast_all(job, panel, w.stream, err);
    if (status != KR_OK) {
        kr__file_writer_abort(&w);
        return status;
    }
    KR_TRY(kr__file_writer_commit(&w, err));
    if (!job->request->call.is_quiet) say(job->words, "Saved %s\n", out);
    return KR_OK;
}

/* Of all series together. */
static void note_gaps(const predict_job *job, const kr_history_panel *panel, const char *gaps) {
    int64_t n_rows = 0, n_cells = 0;
    for (int64_t i = 0; i < panel->n; i++) {
        n_rows += panel->series[i]->gaps.n_rows;
        n_cells += panel->series[i]->gaps.n_cells;
    }
    if (n_rows + n_cells == 0 || job->request->call.is_quiet || job->request->model) return;
    say(stderr,
        "krait predict: note: %s: %" PRId64 " missing row%s and %" PRId64
        " empty cell%s filled (--gaps %s)\n",
        job->request->data, n_rows, kr__plural(n_rows), n_cells, kr__plural(n_cells), gaps);
}

/* own: the same rows, where they are not needed any more once the series have taken them; or NULL.
 */
static kr_status forecast_rows(predict_job *job, const kr_history_options *options,
                               const kr_rows *rows, kr_rows *own, kr_error *err) {
    kr_history_panel *panel = NULL;
    KR_TRY(kr_history_panel_of_rows(job->model, rows, options, &panel, err));
    if (own) kr__rows_drop_values(own);
    note_gaps(job, panel, options->gaps);
    kr_status status = write_all(job, panel, err);
    job->history = NULL; /* the panel's */
    kr_history_panel_destroy(panel);
    return status;
}

/* Its forecasts, with a note for krait merge. */
static kr_status forecast_shard(predict_job *job, const kr_history_options *options, kr_rows *rows,
                                kr_error *err) {
    const predict_request *r = job->request;
    const char *out = r->config.out;
    const shard_part part = {.call = &r->call,
                             .shard = r->config.shard,
                             .table = command_predict.settings->flags(),
                             .config = &r->config,
                             .data = r->data,
                             .rows = rows};
    shard_print(&part);
    if (*out) shard_note_remove(out);
    if (!shard_is_empty(rows)) KR_TRY(forecast_rows(job, options, rows, rows, err));
    if (!*out) return KR_OK;
    return shard_is_empty(rows) ? shard_write_empty(&part, out, err)
                                : shard_note_write(&part, out, err);
}

kr_status predict_panel(predict_job *job, kr_error *err) {
    const predict_config *c = &job->request->config;
    const kr_rows_options how = predict_reading(c);
    const kr_history_options options = {.size = sizeof options,
                                        .gaps = trained_model_gaps(job->model, c->gaps),
                                        .rows = &how,
                                        .id_column = *c->id_column ? c->id_column : NULL};
    kr_rows *rows = NULL;
    KR_TRY(check_flags(job, err));
    if (job->request->rows) return forecast_rows(job, &options, job->request->rows, NULL, err);
    KR_TRY(kr__history_read_rows(job->model, job->request->data, &options, &rows, err));
    kr_status status =
        *c->shard && job->request->call.self /* the program's own, not for krait fit */
            ? forecast_shard(job, &options, rows, err)
            : forecast_rows(job, &options, rows, rows, err);
    kr_rows_destroy(rows);
    return status;
}
