/* SPDX-License-Identifier: MIT
 * bench_case.c - one case of `krait bench`: measured in child processes, so that its peak memory
 * can be told. */
#include <math.h>
#include <string.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/text.h"
#include "forecast/dataset.h"
#include "forecast/forecast_config.h"
#include "framework/child.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "run/bench_command.h"

/* ---- its name --------------------------------------------------------------------------- */

/* The original's names of well-known files, else the file's without its ending. */
static void name_dataset(const kr_comparison_config *c, char *name) {
    static const char *const names[][2] = {{"electricity", "ECL"},
                                           {"weather", "Weather"},
                                           {"traffic", "Traffic"},
                                           {"exchange", "Exchange"}};
    const char *slash = strrchr(c->data_path, '/'), *file = slash ? slash + 1 : c->data_path;
    if (c->train_epochs == 0) {
        snprintf(name, BENCH_NAME, "random");
    } else if (strcmp(c->data, "custom") != 0) {
        snprintf(name, BENCH_NAME, "%.*s", BENCH_NAME - 1, c->data);
    } else {
        snprintf(name, BENCH_NAME, "%.*s", (int)strcspn(file, "."), file);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (strstr(file, names[i][0])) snprintf(name, BENCH_NAME, "%s", names[i][1]);
        }
    }
}

/* Rows that were measured before it was called so are still known. */
static const char *name_in_rows(const kr_flag *flag) {
    return strcmp(flag->name, "measurements") == 0 ? "repeats" : flag->name;
}

/* The flags that have no column of their own in a row and differ from their defaults. */
static void list_flags(const kr_comparison_config *c, char *text) {
    const kr_flag_table *table = kr__comparison_flags();
    size_t used = 0;
    for (int i = 0; i < table->count; i++) {
        const kr_flag *flag = &table->flags[i];
        char value[KR_FLAG_TEXT], normal[KR_FLAG_TEXT];
        static kr_comparison_config defaults;
        if (!(flag->traits & KR_SETTING_NOTED)) continue;
        kr__flags_init(table, &defaults);
        kr__flag_get(flag, &defaults, normal, sizeof normal);
        kr__flag_get(flag, c, value, sizeof value);
        if (strcmp(value, normal) == 0 || used >= BENCH_FLAGS) continue;
        used += (size_t)snprintf(text + used, BENCH_FLAGS - used, "%s--%s %s", used > 0 ? " " : "",
                                 name_in_rows(flag), value);
    }
}

void bench_name_case(const bench_request *request, const kr_comparison_case *c, bench_row *row) {
    const kr_forecast_config *run = &c->config;
    *row = (bench_row){.seq_len = run->seq_len,
                       .pred_len = run->pred_len,
                       .batch_size = run->batch_size,
                       .patch_len = run->patch_len,
                       .tokens = kr__comparison_tokens(c),
                       .threads = kr_team_workers(program_team()),
                       .d_state = -1};
    if (c->has_state) row->d_state = run->d_state > 0 ? run->d_state : run->d_ff;
    snprintf(row->model, sizeof row->model, "%.*s", BENCH_NAME - 1, run->model);
    name_dataset(&request->config, row->dataset);
    list_flags(&request->config, row->flags);
    snprintf(row->version, sizeof row->version, "krait %s", KR_VERSION_STRING);
}

bool bench_is_same_case(const bench_row *a, const bench_row *b) {
    return strcmp(a->model, b->model) == 0 && strcmp(a->dataset, b->dataset) == 0 &&
           strcmp(a->flags, b->flags) == 0 && a->seq_len == b->seq_len &&
           a->pred_len == b->pred_len && a->batch_size == b->batch_size &&
           a->d_state == b->d_state && a->patch_len == b->patch_len && a->threads == b->threads;
}

/* ---- in the child ----------------------------------------------------------------------- */

typedef struct job {
    const bench_request *request;
    const kr_comparison_case *c;
    progress_line progress;
    const char *note;
    int64_t n_done;
    const kr_rows *data;
} job;

static void tell(void *arg, int64_t n_done) {
    job *j = arg;
    progress_update(&j->progress, n_done, j->note);
}

static kr_status take_times(void *arg, void *result, kr_error *err) {
    job *j = arg;
    const kr_comparison_config *config = &j->request->config;
    progress_start(&j->progress, j->progress.stream, j->progress.label, 0,
                   2 * config->measurements);
    kr_status status = kr__comparison_time(program_team(), config, j->c, tell, j, result, err);
    progress_clear(&j->progress);
    return status;
}

/* The result of a training. */
typedef struct accuracy {
    kr_metrics metrics;
    double train_seconds, epoch_seconds; /* of all epochs; mean of one */
    int64_t n_channels;
} accuracy;

static void see_event(void *arg, const kr_forecast_event *e) {
    job *j = arg;
    if (e->kind != KR_EVENT_STEP) return;
    if (j->n_done++ == 0) {
        progress_start(&j->progress, j->progress.stream, j->progress.label, 0,
                       e->epochs * e->steps);
    }
    progress_update(&j->progress, j->n_done, j->note);
}

static kr_status train(void *arg, void *result, kr_error *err) {
    job *j = arg;
    accuracy *a = result;
    kr_forecast_observer observer = {see_event, j};
    kr_forecast_result *r = NULL;
    repetition run = {
        .team = program_team(), .settings = &j->c->config, .rows = j->data, .observer = &observer};
    kr_status status = train_and_test(&run, &r, err);
    progress_clear(&j->progress);
    if (status != KR_OK) return status;
    *a = (accuracy){r->scaled, r->train_seconds, 0, r->dataset->n_channels};
    for (int64_t i = 0; i < r->n_epochs; i++) {
        a->epoch_seconds += r->epochs[i].seconds / (double)r->n_epochs;
    }
    kr_forecast_result_destroy(r);
    return KR_OK;
}

/* ---- the row ---------------------------------------------------------------------------- */

static void fill_accuracy(const accuracy *a, bench_row *row) {
    row->mae = a->metrics.mae;
    row->mse = a->metrics.mse;
    row->rmse = a->metrics.rmse;
    row->mape = a->metrics.mape;
    row->mspe = a->metrics.mspe;
    row->train_time_s = a->train_seconds;
    row->avg_epoch_time_s = a->epoch_seconds;
}

static void fill_times(const kr_case_times *t, int64_t peak_rss, bench_row *row) {
    double batch = (double)row->batch_size;
    row->params_M = 1e-6 * (double)t->n_parameters;
    row->step_ms = t->train.median;
    row->step_ms_least = t->train.least;
    row->step_ms_largest = t->train.largest;
    row->train_throughput = 1e3 * batch / t->train.median;
    row->inference_ms = t->inference.median;
    row->inference_throughput = 1e3 * batch / t->inference.median;
    row->latency_ms = t->inference.median / batch;
    row->peak_rss_mib = (double)peak_rss / (1024 * 1024);
    row->steps = t->steps;
}

/* A look-back that is too long for the data can still be timed. */
static kr_status measure_accuracy(job *j, bench_known *known, bench_row *row, kr_error *err) {
    accuracy a = {0};
    char text[SENTENCE];
    row->mae = row->mse = row->rmse = row->mape = row->mspe = (double)NAN;
    row->train_time_s = row->avg_epoch_time_s = (double)NAN;
    if (j->request->config.train_epochs == 0) return KR_OK;
    kr_status status = child_run(train, j, &a, sizeof a, NULL, err);
    if (status == KR_SHAPE) {
        if (strcmp(known->note, err->text) != 0) {
            say(stderr, "krait bench: note: timed only: %s\n", sentence_of(err->text, text));
        }
        memcpy(known->note, err->text, sizeof known->note);
        return KR_OK;
    }
    KR_TRY(status);
    fill_accuracy(&a, row);
    known->n_channels = a.n_channels;
    return KR_OK;
}

kr_status bench_measure(const bench_request *request, const kr_comparison_case *c,
                        const progress_line *progress, const char *note, bench_known *known,
                        bench_row *row, kr_error *err) {
    kr_comparison_case *timed = kr__calloc(1, sizeof *timed);
    if (!timed) return kr_fail(err, KR_MEMORY, "out of memory for a case");
    kr_case_times times = {0};
    int64_t peak_rss = 0;
    job j = {.request = request, .c = c, .progress = *progress, .note = note, .data = known->data};
    kr_status status = measure_accuracy(&j, known, row, err);
    if (status == KR_OK) {
        *timed = *c;
        if (known->n_channels > 0) timed->config.enc_in = known->n_channels;
        j.c = timed;
        status = child_run(take_times, &j, &times, sizeof times, &peak_rss, err);
    }
    kr_free(timed);
    if (status != KR_OK) return status;
    row->repeats = request->config.measurements;
    fill_times(&times, peak_rss, row);
    return KR_OK;
}
