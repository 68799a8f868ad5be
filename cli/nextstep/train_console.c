/* SPDX-License-Identifier: MIT
 * train_console.c - a training as the original prints it, and a bar on a terminal. */
#include <math.h>
#include <string.h>

#include "core/platform.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "nextstep/train.h"

enum { FIRST_ROWS = 5, ROW_DISTANCE = 10 };

/* "9,228" */
static const char *grouped(int64_t n, char text[32]) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%jd", (intmax_t)n);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

/* ---- before the first epoch ------------------------------------------------------------- */

static void print_data(train_view *view, const kr_nextstep_event *e) {
    const train_config *c = &view->request->config;
    fprintf(view->out, "Dataset: %jd windows  (train=%jd, val=%jd)\n", (intmax_t)e->windows,
            (intmax_t)e->n_train, (intmax_t)(e->windows - e->n_train));
    fprintf(view->out, "  seq_len=%jd, stride=%jd, feature_dim=%jd\n", (intmax_t)c->seq_len,
            (intmax_t)c->stride, (intmax_t)e->n_features);
    fprintf(view->out, "  batch_size=%jd\n", (intmax_t)c->batch_size);
}

static void print_horizons(train_view *view, int64_t max_horizon) {
    fprintf(view->out, "  multi-horizon loss: [1");
    int64_t k = 2;
    for (; k < max_horizon; k *= 2) fprintf(view->out, ", %jd", (intmax_t)k);
    fprintf(view->out, ", %jd]\n", (intmax_t)max_horizon);
}

static void print_model(train_view *view, const kr_nextstep_event *e) {
    const train_config *c = &view->request->config;
    char all[32], gates[32], others[32];
    say(view->out, "Model: Causal Mamba - %s parameters\n", grouped(e->n_parameters, all));
    fprintf(view->out, "  d_model=%jd, layers=%jd, expand=%jd, d_state=%jd, d_conv=%jd\n",
            (intmax_t)c->d_model, (intmax_t)c->n_layers, (intmax_t)c->expand, (intmax_t)c->d_state,
            (intmax_t)c->d_conv);
    if (c->max_horizon > 1) print_horizons(view, c->max_horizon);
    if (c->gate_lr_factor != 1 && !*c->eval) {
        say(view->out, "  gate-lr-factor=%g  (gate params: %s, other: %s)\n", c->gate_lr_factor,
            grouped(e->n_gates, gates), grouped(e->n_parameters - e->n_gates, others));
    }
}

static void print_header(train_view *view) {
    if (view->has_header) return;
    view->has_header = true;
    if (view->request->config.no_train_eval) {
        say(view->out, "\n%-8s%-14s%-13s%-13s%-9s%s\n", "Epoch", "Train MSE", "Val MSE", "LR",
            "Time", "Best");
        say(view->out, "%.65s\n",
            "--------------------------------------------------------------------------------");
    } else {
        say(view->out, "\n%-8s%-13s%-13s%-13s%-13s%-9s%s\n", "Epoch", "Train(drop)", "Train(eval)",
            "Val MSE", "LR", "Time", "Best");
        say(view->out, "%.80s\n",
            "--------------------------------------------------------------------------------");
    }
}

static void print_resumed(train_view *view, const kr_nextstep_event *e) {
    fprintf(view->out, "Resumed in epoch %jd after step %jd\n", (intmax_t)e->epoch,
            (intmax_t)e->step);
}

/* ---- epochs ----------------------------------------------------------------------------- */

static void print_row(train_view *view, const kr_nextstep_event *event) {
    const kr_epoch_record *e = &event->records[event->n_records - 1];
    bool is_shown =
        e->epoch <= FIRST_ROWS || e->epoch % ROW_DISTANCE == 0 || e->is_best || event->is_last;
    if (!is_shown) return;
    print_header(view);
    if (view->request->config.no_train_eval) {
        say(view->out, "%-8jd%-14.4f%-13.4f%-13.6f%-9.2f%s\n", (intmax_t)e->epoch, e->train_loss,
            e->validation_loss, e->rate, e->total_seconds, e->is_best ? "*" : "");
    } else {
        say(view->out, "%-8jd%-13.4f%-13.4f%-13.4f%-13.6f%-9.2f%s\n", (intmax_t)e->epoch,
            e->train_loss, e->train_eval_loss, e->validation_loss, e->rate, e->total_seconds,
            e->is_best ? "*" : "");
    }
}

/* A training that ends early says why. */
static void print_epoch(train_view *view, const kr_nextstep_event *event) {
    print_row(view, event);
    if (event->text) say(view->out, "%s\n", event->text);
}

static void show_step(train_view *view, const kr_nextstep_event *e) {
    char text[PROGRESS_LABEL], note[80];
    if (view->bar_epoch != e->epoch || view->is_bar_validating) {
        snprintf(text, sizeof text, "epoch %jd/%jd", (intmax_t)e->epoch, (intmax_t)e->epochs);
        progress_start(&view->progress, stderr, text, e->step, e->steps);
        view->bar_epoch = e->epoch;
        view->is_bar_validating = false;
    }
    snprintf(note, sizeof note, "loss %.4f", e->loss);
    progress_update(&view->progress, e->step, note);
}

static void show_validation(train_view *view, const kr_nextstep_event *e) {
    bool is_new = !view->is_bar_validating || e->step < view->progress.done;
    if (is_new) progress_start(&view->progress, stderr, "validating", e->step, e->steps);
    view->is_bar_validating = true;
    progress_update(&view->progress, e->step, NULL);
}

/* ---- the view --------------------------------------------------------------------------- */

void train_view_begin(train_view *view, const train_request *request) {
    *view = (train_view){.request = request, .out = request->call.is_json ? stderr : stdout};
    if (request->call.is_quiet) view->out = NULL;
    if (view->out) fprintf(view->out, "Device: cpu\n");
}

void train_view_event(train_view *view, const kr_nextstep_event *event) {
    static void (*const printers[])(train_view * view, const kr_nextstep_event *e) = {
        [KR_NEXTSTEP_DATA] = print_data,
        [KR_NEXTSTEP_MODEL] = print_model,
        [KR_NEXTSTEP_RESUMED] = print_resumed,
        [KR_NEXTSTEP_EPOCH] = print_epoch,
    };
    if (event->kind == KR_NEXTSTEP_NONFINITE) {
        train_view_note(view, "", event->text);
    } else if (!view->out) {
        return;
    } else if (event->kind == KR_NEXTSTEP_STEP) {
        show_step(view, event);
    } else if (event->kind == KR_NEXTSTEP_PROGRESS) {
        show_validation(view, event);
    } else {
        progress_clear(&view->progress);
        printers[event->kind](view, event);
        fflush(view->out);
    }
}

void train_view_note(train_view *view, const char *kind, const char *line) {
    progress_clear(&view->progress);
    char text[SENTENCE];
    say(stderr, "krait train: %s%s\n", kind, sentence_of(line, text));
}

void train_view_saved(train_view *view, const char *name) {
    if (!view->out) return;
    progress_clear(&view->progress);
    say(view->out, "Saved %s\n", name);
    fflush(view->out);
}

void train_view_result(train_view *view, const train_result *result) {
    const train_config *c = &view->request->config;
    FILE *out = view->out ? view->out : stdout;
    bool is_last_line = view->request->call.is_quiet;
    progress_clear(&view->progress);
    if (is_last_line && view->request->call.is_json) return;
    if (!is_last_line) fputc('\n', out);
    say(out, "%s: %.4f\n", *c->eval ? "Validation MSE" : "Best val MSE",
        result->report.best_validation);
    if (is_last_line || *c->eval) return;
    say(out, "Checkpoint saved to %s\n", c->checkpoint);
    char path[TRAIN_PATH_SIZE];
    say(out, "Training log saved to %s\n",
        kr__path_join(c->save_dir, "training_log_next.csv", path, sizeof path));
}

void train_view_end(train_view *view) { progress_clear(&view->progress); }
