/* SPDX-License-Identifier: MIT
 * fit_console.c - what `krait fit` says while it works, and its verdict. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "core/datetime.h"
#include "core/text.h"
#include "fit/fit_command.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "tables/calendar.h"
#include "tables/step_names.h"

/* ---- the data ----------------------------------------------------------------------------- */

static void print_gaps(FILE *out, const fit_look_words *w, const kr_gaps_report *gaps) {
    if (gaps->first_row < 0) {
        fprintf(out, "no gaps");
        return;
    }
    say(out, "%jd missing row%s and %jd empty cell%s, the longest gap %jd row%s, %s%s",
        (intmax_t)gaps->n_rows, kr__plural(gaps->n_rows), (intmax_t)gaps->n_cells,
        kr__plural(gaps->n_cells), (intmax_t)gaps->longest, kr__plural(gaps->longest),
        w->gaps ? "filled: " : "which the model takes as missing", w->gaps ? w->gaps : "");
}

/* Rows ahead are the future of columns that were named. */
static void print_ahead(FILE *out, const fit_look_words *w, const kr_fit_look *look) {
    const kr__ahead *a = &look->ahead;
    if (a->most == 0) return;
    say(out, "behind them%s ", look->n_series > 1 ? ", in each series," : "");
    if (a->fewest < a->most) say(out, "%jd to ", (intmax_t)a->fewest);
    say(out, "%jd row%s hold%s known futures only (%s): the forecast begins there\n",
        (intmax_t)a->most, kr__plural(a->most), a->most == 1 ? "s" : "", w->known_future);
}

void fit_print_look(FILE *out, const fit_look_words *w, const kr_fit_look *look) {
    char step[KR__STEP_WORDS], first[KR_DATETIME_TEXT], last[KR_DATETIME_TEXT];
    if (!out) return;
    say(out, "%s: ", w->path);
    if (look->n_series > 1) {
        say(out, "%jd series of ", (intmax_t)look->n_series);
        if (look->shortest < look->longest) say(out, "%jd to ", (intmax_t)look->shortest);
        say(out, "%jd row%s", (intmax_t)look->longest, kr__plural(look->longest));
    } else {
        say(out, "%jd row%s", (intmax_t)look->n_rows, kr__plural(look->n_rows));
    }
    say(out, ", %jd column%s of numbers", (intmax_t)look->n_columns, kr__plural(look->n_columns));
    if (look->has_dates) {
        const kr_frequency *f = &look->frequency;
        bool are_days = kr__frequency_keeps_time(f) && look->first % KR__DAY == 0;
        /* Up to the day, the minute, or all. */
        int n = are_days ? 10 : f->micros % KR__MINUTE == 0 ? 16 : KR_DATETIME_TEXT;
        say(out, ", in steps of %s, %.*s to %.*s", kr__step_words(f, &look->first, step), n,
            kr__datetime_text(look->first, first), n, kr__datetime_text(look->last, last));
    } else {
        fprintf(out, ", no dates");
    }
    fprintf(out, "; ");
    print_gaps(out, w, &look->gaps);
    fprintf(out, "\n");
    print_ahead(out, w, look);
    if (look->n_constant > 0) {
        say(out, "%jd column%s never change%s and will be forecast as constant: %s\n",
            (intmax_t)look->n_constant, kr__plural(look->n_constant),
            look->n_constant == 1 ? "s" : "", look->constant);
    }
}

void fit_print_plan(fit_console *c, const kr_fit_plan *plan) {
    char why[SENTENCE];
    if (!c->out) return;
    fprintf(c->out, "\n");
    for (int i = 0; i < plan->n_rules; i++) {
        const kr__fit_rule *r = &plan->rules[i];
        say(c->out, "  %-10s  %-26s  %s\n", r->what, r->value, sentence_of(r->why, why));
    }
}

/* ---- while it works ----------------------------------------------------------------------- */

static void see_expected(void *arg, double seconds) {
    const fit_console *c = arg;
    const double minute = 60, some = 5;
    char time[32] = "a few seconds";
    if (!c->out) return;
    if (seconds > 1.5 * minute) {
        snprintf(time, sizeof time, "about %.0f minutes", seconds / minute);
    } else if (seconds > some) {
        snprintf(time, sizeof time, "about %.0f seconds", ceil(seconds / some) * some);
    }
    say(c->out, "  %-10s  %-26s  %s\n", "time", time, "measured on a few windows and steps");
    say(c->out, "\n  %-15s%16s%16s%10s\n", "model", "error, choosing", "error, judging", "time");
    fflush(c->out);
}

static void see_candidate(void *arg, const kr_fit_candidate *candidate, bool is_done) {
    fit_console *c = arg;
    char time[32];
    snprintf(c->model, sizeof c->model, "%s", candidate->model);
    c->index = candidate->index;
    c->progress_epoch = 0;
    c->progress_text = NULL;
    progress_clear(&c->progress);
    if (!is_done || !c->out) return;
    if (*candidate->why_not) {
        say(c->out, "  %-15s  left out: %s\n", c->model, candidate->why_not);
    } else {
        char judging[16] = "-";
        if (!isnan(candidate->judging_mase)) {
            snprintf(judging, sizeof judging, "%.4f", candidate->judging_mase);
        }
        say(c->out, "  %-15s%16.4f%16s%10s\n", c->model, candidate->choosing_mase, judging,
            duration_text(candidate->seconds, time, sizeof time));
    }
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
    return (kr_fit_observer){.size = sizeof(kr_fit_observer),
                             .candidate = see_candidate,
                             .expected = see_expected,
                             .arg = console,
                             .training = {see_event, console}};
}
