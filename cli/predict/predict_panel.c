/* SPDX-License-Identifier: MIT
 * predict_panel.c - krait predict for a model of several series: a forecast for each. */
#include <inttypes.h>
#include <string.h>

#include "core/platform.h"
#include "core/text.h"
#include "framework/say.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"

/* Refuse flags that make no sense for a table of several series. */
static kr_status check_flags(const predict_job *job, kr_error *err) {
    const predict_request *r = job->request;
    const char *out = r->config.out;
    bool is_table = strcmp(out, "-") == 0 || kr__text_ends(out, ".csv");
    const char *flag = r->is_stream                             ? "stream"
                       : r->config.every > 0                    ? "every"
                       : r->call.is_json                        ? "json"
                       : *out && !is_table                      ? "out"
                       : settings_has(&r->call.given, "figure") ? "figure"
                                                                : NULL;
    if (!flag) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--%s: a model of a panel forecasts each series once, all into one CSV file "
                   "(--out FILE.csv); leave it out",
                   flag);
}

static kr_status forecast_series(predict_job *job, kr_few *short_ones, FILE *stream,
                                 kr_error *err) {
    int64_t origin = 0;
    kr_prediction *p = NULL;
    const kr_history *h = job->history;
    KR_TRY(predict_find_at(job, &origin, err));
    if (origin + 1 < kr_forecaster_info_of(job->model)->seq_len) {
        kr__few_add(short_ones, h->series ? h->series : h->name);
        return KR_OK;
    }
    KR_TRY(kr_forecaster_predict(job->model, h, 1, &origin, &job->options, &p, err));
    const predict_watcher *watcher = &job->request->watcher;
    predict_print_rows(job, p, false, stream);
    kr_status status = watcher->see ? watcher->see(watcher->arg, job, p, err) : KR_OK;
    kr_prediction_destroy(p);
    return status;
}

static kr_status forecast_all(predict_job *job, const kr_history_panel *panel, FILE *stream,
                              kr_error *err) {
    kr_few short_ones = {.n = 0};
    job->history = panel->series[0];
    predict_print_header(job, false, stream);
    for (int64_t i = 0; i < panel->n; i++) {
        job->history = panel->series[i];
        KR_TRY(forecast_series(job, &short_ones, stream, err));
    }
    if (short_ones.n == panel->n) {
        return kr_fail(err, KR_SHAPE,
                       "%s: none of its %" PRId64 " series (%s) has the %" PRId64
                       " rows that the model needs",
                       job->request->data, panel->n, short_ones.names,
                       kr_forecaster_info_of(job->model)->seq_len);
    }
    if (short_ones.n > 0 && !job->request->call.is_quiet) {
        say(stderr,
            "krait predict: note: %" PRId64 " of %" PRId64
            " series have fewer rows than the %" PRId64 " that the model needs: %s\n",
            short_ones.n, panel->n, kr_forecaster_info_of(job->model)->seq_len, short_ones.names);
    }
    if (!job->request->call.is_quiet) {
        fprintf(job->words, "forecasts of %" PRId64 " series\n", panel->n - short_ones.n);
    }
    return KR_OK;
}

static kr_status write_all(predict_job *job, const kr_history_panel *panel, kr_error *err) {
    const char *out = job->request->config.out;
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
    if (n_rows + n_cells == 0 || job->request->call.is_quiet) return;
    say(stderr,
        "krait predict: note: %s: %" PRId64 " missing row%s and %" PRId64
        " empty cell%s filled (--gaps %s)\n",
        job->request->data, n_rows, kr__plural(n_rows), n_cells, kr__plural(n_cells), gaps);
}

kr_status predict_panel(predict_job *job, kr_error *err) {
    const predict_config *c = &job->request->config;
    const kr_rows_options how = predict_reading(c);
    const kr_history_options options = {.size = sizeof options,
                                        .gaps = trained_model_gaps(job->model, c->gaps),
                                        .rows = &how,
                                        .id_column = *c->id_column ? c->id_column : NULL};
    kr_history_panel *panel = NULL;
    KR_TRY(check_flags(job, err));
    KR_TRY(kr_history_read_panel(job->model, job->request->data, &options, &panel, err));
    note_gaps(job, panel, options.gaps);
    kr_status status = write_all(job, panel, err);
    job->history = NULL; /* the panel's */
    kr_history_panel_destroy(panel);
    return status;
}
