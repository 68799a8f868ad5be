/* SPDX-License-Identifier: MIT
 * run_terminal.c - a run on a terminal: a bar while it works, a row for each epoch, a table at the
 * end. */
#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/text.h"
#include "forecast/dataset.h"
#include "forecast/forecast_config.h"
#include "framework/program.h"
#include "framework/say.h"
#include "run/run.h"

/* ---- head ------------------------------------------------------------------------------- */

static void begin_terminal(run_view *view) {
    const kr_forecast_config *c = &view->request->config;
    kr_cpu_level level = KR_CPU_V2;
    kr__cpu_level_get(&level, NULL);
    say(view->out, "krait " KR_VERSION_STRING ": %s on %s, %jd steps -> %jd, %d thread%s, CPU %s\n",
        c->model, c->data_path, (intmax_t)c->seq_len, (intmax_t)c->pred_len,
        kr_team_workers(program_team()), kr__plural(kr_team_workers(program_team())),
        kr__cpu_level_name(level));
}

/* "1234567" -> "1,234,567" */
static const char *with_commas(int64_t value, char text[32]) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%jd", (intmax_t)value), k = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && digits[i - 1] != '-') text[k++] = ',';
        text[k++] = digits[i];
    }
    text[k] = '\0';
    return text;
}

static void print_header(run_view *view) {
    char a[32], b[32], c[32], d[32];
    const kr_forecast_config *config = &view->request->config;
    if (view->has_header) return;
    view->has_header = true;
    fprintf(view->out, "\n");
    if (config->itr > 1) {
        fprintf(view->out, "run %jd of %jd, ", (intmax_t)view->request->now.number + 1,
                (intmax_t)config->itr);
    }
    say(view->out, "seed %jd, %s parameters; windows: %s train, %s validation, %s test\n\n",
        (intmax_t)(config->seed + view->request->now.number), with_commas(view->n_parameters, a),
        with_commas(view->windows[KR_SPLIT_TRAIN], b), with_commas(view->windows[KR_SPLIT_VAL], c),
        with_commas(view->windows[KR_SPLIT_TEST], d));
    fprintf(view->out, "  epoch     train  validation      test       rate     time\n");
}

/* ---- while it works --------------------------------------------------------------------- */

static void show_step(run_view *view, const kr_forecast_event *e) {
    char text[PROGRESS_LABEL], note[80];
    print_header(view);
    if (view->progress_epoch != e->epoch || view->progress_text) {
        snprintf(text, sizeof text, "epoch %jd/%jd", (intmax_t)e->epoch, (intmax_t)e->epochs);
        progress_start(&view->progress, stderr, text, e->step, e->steps);
        view->progress_epoch = e->epoch;
        view->progress_text = NULL;
    }
    snprintf(note, sizeof note, "loss %.5f  rate %.3g", fabs(e->loss), e->rate);
    progress_update(&view->progress, e->step, note);
}

static void show_progress(run_view *view, const kr_forecast_event *e) {
    if (!view->progress_text || strcmp(view->progress_text, e->text) != 0) {
        progress_start(&view->progress, stderr, e->text, e->step, e->steps);
        view->progress_text = e->text;
    }
    progress_update(&view->progress, e->step, NULL);
}

static void show_dtw(run_view *view, const kr_forecast_event *e) {
    kr_forecast_event progress = *e;
    progress.text = "dtw";
    progress.step = e->count;
    show_progress(view, &progress);
}

/* The row of the last epoch, with what became of it. */
static void print_row(run_view *view, const char *remark) {
    const kr_forecast_event *e = &view->epoch;
    char time[32];
    progress_clear(&view->progress);
    say(view->out, "  %5jd  %8.6f  %10.6f  %8.6f  %9.3g  %7s  %s\n", (intmax_t)e->epoch,
        fabs(e->train_loss), fabs(e->validation_loss), fabs(e->test_loss), e->rate,
        duration_text(e->seconds, time, sizeof time), remark);
    fflush(view->out);
}

static void print_counter(run_view *view, const kr_forecast_event *e) {
    char remark[80];
    int n = snprintf(remark, sizeof remark, "not better (%jd", (intmax_t)e->count);
    if (e->patience > 0) {
        n += snprintf(remark + n, sizeof remark - (size_t)n, " of %jd", (intmax_t)e->patience);
    }
    snprintf(remark + n, sizeof remark - (size_t)n, ")");
    print_row(view, remark);
}

static void print_line(run_view *view, FILE *stream, const char *before, const char *text) {
    progress_clear(&view->progress);
    say(stream, "%s%s\n", before, text);
    fflush(stream);
}

static void keep_windows(run_view *view, const kr_forecast_event *e) {
    static const char *const names[KR_SPLITS] = {"train", "val", "test"};
    for (int i = 0; i < KR_SPLITS; i++) {
        if (strcmp(names[i], e->text) == 0) view->windows[i] = e->count;
    }
}

static void start_table(run_view *view, const kr_forecast_event *e) {
    (void)e;
    view->has_header = false;
    view->progress_epoch = 0;
}

static void keep_parameters(run_view *view, const kr_forecast_event *e) {
    view->n_parameters = e->count;
}

static void keep_epoch(run_view *view, const kr_forecast_event *e) { view->epoch = *e; }

static void print_resumed(run_view *view, const kr_forecast_event *e) {
    char text[64];
    snprintf(text, sizeof text, "continuing in epoch %jd", (intmax_t)e->epoch);
    print_line(view, view->out, "", text);
}

static void print_saved(run_view *view, const kr_forecast_event *e) {
    (void)e;
    print_row(view, "saved");
}

static void print_stopped(run_view *view, const kr_forecast_event *e) {
    (void)e;
    print_line(view, view->out, "", "stopped early");
}

static void print_nonfinite(run_view *view, const kr_forecast_event *e) {
    print_line(view, stderr, "krait run: warning: ", e->text);
}

/* Events without a row print nothing; an interruption is reported by the run's error. */
static void (*const printers[])(run_view *view, const kr_forecast_event *e) = {
    [KR_EVENT_TRAINING] = start_table,
    [KR_EVENT_WINDOWS] = keep_windows,
    [KR_EVENT_MODEL] = keep_parameters,
    [KR_EVENT_RESUMED] = print_resumed,
    [KR_EVENT_STEP] = show_step,
    [KR_EVENT_EPOCH] = keep_epoch,
    [KR_EVENT_SAVED] = print_saved,
    [KR_EVENT_COUNTER] = print_counter,
    [KR_EVENT_STOPPED_EARLY] = print_stopped,
    [KR_EVENT_NONFINITE] = print_nonfinite,
    [KR_EVENT_PROGRESS] = show_progress,
    [KR_EVENT_DTW] = show_dtw,
};

static void event_terminal(run_view *view, const kr_forecast_event *e) {
    if ((size_t)e->kind >= sizeof printers / sizeof printers[0] || !printers[e->kind]) return;
    printers[e->kind](view, e);
}

/* ---- the result ------------------------------------------------------------------------- */

static void print_metric(run_view *view, const char *name, double scaled, double original) {
    say(view->out, "  %-6s%12.6g%12.6g\n", name, scaled, original);
}

static void print_metrics(run_view *view, const kr_forecast_result *r) {
    const kr_metrics *s = &r->scaled, *o = &r->original;
    fprintf(view->out, "\n  test      scaled    original\n");
    print_metric(view, "mse", s->mse, o->mse);
    print_metric(view, "mae", s->mae, o->mae);
    print_metric(view, "rmse", s->rmse, o->rmse);
    print_metric(view, "mape", s->mape, o->mape);
    print_metric(view, "mspe", s->mspe, o->mspe);
    print_metric(view, "rse", s->rse, o->rse);
    print_metric(view, "corr", s->corr, o->corr);
    if (view->request->config.use_dtw) fprintf(view->out, "  dtw   %12.6g\n", r->dtw);
}

static void print_best(run_view *view, const kr_forecast_result *r) {
    char time[32];
    const kr_epoch_record *best = NULL;
    for (int64_t i = 0; i < r->n_epochs; i++) {
        if (r->epochs[i].validation_loss == r->best_validation_loss) best = &r->epochs[i];
    }
    if (!best) return;
    say(view->out, "best epoch %jd of %jd; %.3g ms a step; training took %s\n",
        (intmax_t)best->epoch, (intmax_t)r->n_epochs, r->step_ms,
        duration_text(r->train_seconds, time, sizeof time));
}

static void result_terminal(run_view *view, const kr_forecast_result *r) {
    char folder[RUN_PATH_SIZE];
    progress_clear(&view->progress);
    print_metrics(view, r);
    run_intervals_print(view->out, r);
    fputc('\n', view->out);
    print_best(view, r);
    run_result_folder(view->request, view->request->now.setting, folder, sizeof folder);
    say(view->out, "metrics%s: %s/\n",
        view->request->call.has_figures ? ", forecasts and figures" : " and forecasts", folder);
    if (*view->request->now.checkpoint)
        say(view->out, "checkpoint: %s\n", view->request->now.checkpoint);
    fflush(view->out);
}

static void note_terminal(run_view *view, const char *line) {
    print_line(view, stderr, "krait run: ", line);
}

static void end_terminal(run_view *view, bool is_done) {
    (void)is_done;
    progress_clear(&view->progress);
}

const run_view_kind run_view_terminal = {begin_terminal, event_terminal, result_terminal,
                                         note_terminal, end_terminal};
