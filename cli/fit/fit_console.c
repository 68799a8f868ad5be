/* SPDX-License-Identifier: MIT
 * fit_console.c - what `krait fit` says while it works, and its verdict. */
#include <math.h>
#include <string.h>

#include "core/datetime.h"
#include "fit/fit_command.h"
#include "framework/say.h"
#include "framework/sentence.h"

/* ---- the data ----------------------------------------------------------------------------- */

static void print_gaps(const fit_console *c, const kr_gaps_report *gaps) {
    if (gaps->first_row < 0) {
        fprintf(c->out, "no gaps");
        return;
    }
    say(c->out, "%jd missing row%s and %jd empty cell%s, the longest gap %jd row%s, filled: %s",
        (intmax_t)gaps->n_rows, gaps->n_rows == 1 ? "" : "s", (intmax_t)gaps->n_cells,
        gaps->n_cells == 1 ? "" : "s", (intmax_t)gaps->longest, gaps->longest == 1 ? "" : "s",
        c->request->config.gaps);
}

void fit_print_look(fit_console *c, const kr_fit_look *look) {
    char step[KR_FREQUENCY_TEXT], first[KR_DATETIME_TEXT], last[KR_DATETIME_TEXT];
    if (!c->out) return;
    say(c->out, "%s: ", c->request->path);
    say(c->out, "%jd rows, %jd column%s of numbers", (intmax_t)look->n_rows,
        (intmax_t)look->n_columns, look->n_columns == 1 ? "" : "s");
    if (look->has_dates) {
        const kr_frequency *f = &look->frequency;
        int n = f->micros % KR__MINUTE == 0 ? 16 : KR_DATETIME_TEXT; /* up to the minute, or all */
        say(c->out, ", rows %s apart, %.*s to %.*s", kr_frequency_text(f, step), n,
            kr__datetime_text(look->first, first), n, kr__datetime_text(look->last, last));
    } else {
        fprintf(c->out, ", no dates");
    }
    fprintf(c->out, "; ");
    print_gaps(c, &look->gaps);
    fprintf(c->out, "\n");
    if (look->n_constant > 0) {
        say(c->out, "%jd column%s never change%s and will be forecast as constant: %s\n",
            (intmax_t)look->n_constant, look->n_constant == 1 ? "" : "s",
            look->n_constant == 1 ? "s" : "", look->constant);
    }
}

void fit_print_plan(fit_console *c, const kr_fit_plan *plan) {
    char why[SENTENCE];
    if (!c->out) return;
    fprintf(c->out, "\n");
    for (int i = 0; i < plan->n_rules; i++) {
        const kr_fit_rule *r = &plan->rules[i];
        say(c->out, "  %-10s  %-26s  %s\n", r->what, r->value, sentence_of(r->why, why));
    }
    say(c->out, "\n  %-15s%12s%12s%12s%10s\n", "model", "validation", "test MSE", "test MAE",
        "time");
    fflush(c->out);
}

/* ---- while it works ----------------------------------------------------------------------- */

static void see_candidate(void *arg, const kr_fit_candidate *candidate, int index, bool is_done) {
    fit_console *c = arg;
    char time[32];
    snprintf(c->model, sizeof c->model, "%s", candidate->model);
    c->index = index;
    c->progress_epoch = 0;
    c->progress_text = NULL;
    progress_clear(&c->progress);
    if (!is_done || !c->out) return;
    const kr_forecast_result *r = candidate->result;
    say(c->out, "  %-15s%12.5g%12.5g%12.5g%10s\n", c->model, r->validation.mse, r->scaled.mse,
        r->scaled.mae, duration_text(candidate->seconds, time, sizeof time));
    fflush(c->out);
}

static void show_step(fit_console *c, const kr_forecast_event *e) {
    char label[PROGRESS_LABEL], note[48];
    if (c->progress_epoch != e->epoch || c->progress_text) {
        snprintf(label, sizeof label, "%s, epoch %jd/%jd", c->model, (intmax_t)e->epoch,
                 (intmax_t)e->epochs);
        progress_start(&c->progress, c->out ? stderr : NULL, label, e->step, e->steps);
        c->progress_epoch = e->epoch;
        c->progress_text = NULL;
    }
    snprintf(note, sizeof note, "loss %.5f", e->loss);
    progress_update(&c->progress, e->step, note);
}

static void show_progress(fit_console *c, const kr_forecast_event *e) {
    char label[PROGRESS_LABEL];
    if (!c->progress_text || strcmp(c->progress_text, e->text) != 0) {
        snprintf(label, sizeof label, "%s, %s", c->model, e->text);
        progress_start(&c->progress, c->out ? stderr : NULL, label, e->step, e->steps);
        c->progress_text = e->text;
    }
    progress_update(&c->progress, e->step, NULL);
}

static void see_event(void *arg, const kr_forecast_event *e) {
    fit_console *c = arg;
    if (e->kind == KR_EVENT_STEP) show_step(c, e);
    if (e->kind == KR_EVENT_PROGRESS) show_progress(c, e);
    if (e->kind == KR_EVENT_NONFINITE) {
        progress_clear(&c->progress);
        say(stderr, "krait fit: warning: %s: %s\n", c->model, e->text);
    }
}

kr_fit_observer fit_observe(fit_console *console) {
    return (kr_fit_observer){see_candidate, console, {see_event, console}};
}

/* ---- the verdict -------------------------------------------------------------------------- */

/* "12 % below" or "3.1 % above". */
static const char *compare(double a, double b, char text[48]) {
    double percent = 100 * (a / b - 1);
    snprintf(text, 48, "%.*f %% %s", fabs(percent) < 9.95 ? 1 : 0, fabs(percent),
             percent < 0 ? "below" : "above");
    return text;
}

static void add(char text[FIT_VERDICT], const char *more) {
    size_t n = strlen(text);
    snprintf(text + n, FIT_VERDICT - n, "%s%s", n > 0 ? " " : "", more);
}

static void add_baseline(const kr_fit_result *r, char text[FIT_VERDICT]) {
    char share[48], sentence[256];
    const kr_fit_candidate *best = &r->candidates[r->best], *base;
    if (r->best_baseline < 0) return;
    base = &r->candidates[r->best_baseline];
    if (best == base) {
        add(text,
            "No trained model beat it: these data hold little that such a model could learn.");
        return;
    }
    compare(best->result->scaled.mse, base->result->scaled.mse, share);
    snprintf(
        sentence, sizeof sentence,
        "On the test windows, which no choice depended on, its squared error is %s that of %s, "
        "the best rule of thumb.",
        share, base->model);
    add(text, sentence);
}

const char *fit_verdict(const kr_fit_result *r, char text[FIT_VERDICT]) {
    char share[48], sentence[256];
    const kr_fit_candidate *best = &r->candidates[r->best];
    const kr_fit_candidate *on_test = &r->candidates[r->best_on_test];
    snprintf(text, FIT_VERDICT, "%s is best on the validation windows and was saved.", best->model);
    add_baseline(r, text);
    if (on_test != best) {
        compare(on_test->result->scaled.mse, best->result->scaled.mse, share);
        snprintf(sentence, sizeof sentence,
                 "On the test windows %s would have been better, its squared error %s.",
                 on_test->model, share);
        add(text, sentence);
    }
    return text;
}
