/* SPDX-License-Identifier: MIT
 * fit_console.c - what `krait fit` says while it works, and its verdict. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "core/datetime.h"
#include "core/text.h"
#include "fit/fit_command.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "framework/verdict_text.h"
#include "tables/calendar.h"
#include "tables/step_names.h"

/* ---- the data ----------------------------------------------------------------------------- */

static void print_gaps(const fit_console *c, const kr_gaps_report *gaps) {
    if (gaps->first_row < 0) {
        fprintf(c->out, "no gaps");
        return;
    }
    say(c->out, "%jd missing row%s and %jd empty cell%s, the longest gap %jd row%s, filled: %s",
        (intmax_t)gaps->n_rows, kr__plural(gaps->n_rows), (intmax_t)gaps->n_cells,
        kr__plural(gaps->n_cells), (intmax_t)gaps->longest, kr__plural(gaps->longest),
        c->request->config.gaps);
}

/* Rows ahead are the future of columns that were named. */
static void print_ahead(const fit_console *c, const kr_fit_look *look) {
    const kr__ahead *a = &look->ahead;
    if (a->most == 0) return;
    say(c->out, "behind them%s ", look->n_series > 1 ? ", in each series," : "");
    if (a->fewest < a->most) say(c->out, "%jd to ", (intmax_t)a->fewest);
    say(c->out, "%jd row%s hold%s known futures only (%s): the forecast begins there\n",
        (intmax_t)a->most, kr__plural(a->most), a->most == 1 ? "s" : "",
        c->request->config.known_future);
}

void fit_print_look(fit_console *c, const kr_fit_look *look) {
    char step[KR__STEP_WORDS], first[KR_DATETIME_TEXT], last[KR_DATETIME_TEXT];
    if (!c->out) return;
    say(c->out, "%s: ", c->request->path);
    if (look->n_series > 1) {
        say(c->out, "%jd series of ", (intmax_t)look->n_series);
        if (look->shortest < look->longest) say(c->out, "%jd to ", (intmax_t)look->shortest);
        say(c->out, "%jd row%s", (intmax_t)look->longest, kr__plural(look->longest));
    } else {
        say(c->out, "%jd row%s", (intmax_t)look->n_rows, kr__plural(look->n_rows));
    }
    say(c->out, ", %jd column%s of numbers", (intmax_t)look->n_columns,
        kr__plural(look->n_columns));
    if (look->has_dates) {
        const kr_frequency *f = &look->frequency;
        bool are_days = kr__frequency_keeps_time(f) && look->first % KR__DAY == 0;
        /* Up to the day, the minute, or all. */
        int n = are_days ? 10 : f->micros % KR__MINUTE == 0 ? 16 : KR_DATETIME_TEXT;
        say(c->out, ", in steps of %s, %.*s to %.*s", kr__step_words(f, &look->first, step), n,
            kr__datetime_text(look->first, first), n, kr__datetime_text(look->last, last));
    } else {
        fprintf(c->out, ", no dates");
    }
    fprintf(c->out, "; ");
    print_gaps(c, &look->gaps);
    fprintf(c->out, "\n");
    print_ahead(c, look);
    if (look->n_constant > 0) {
        say(c->out, "%jd column%s never change%s and will be forecast as constant: %s\n",
            (intmax_t)look->n_constant, kr__plural(look->n_constant),
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

static void see_candidate(void *arg, const kr_fit_candidate *candidate, int index, bool is_done) {
    fit_console *c = arg;
    char time[32];
    snprintf(c->model, sizeof c->model, "%s", candidate->model);
    c->index = index;
    c->progress_epoch = 0;
    c->progress_text = NULL;
    progress_clear(&c->progress);
    if (!is_done || !c->out) return;
    if (*candidate->why_not) {
        say(c->out, "  %-15s  left out: %s\n", c->model, candidate->why_not);
    } else {
        char judging[16] = "-";
        if (!isnan(candidate->verdict_loss)) {
            snprintf(judging, sizeof judging, "%.4f", candidate->verdict_loss);
        }
        say(c->out, "  %-15s%16.4f%16s%10s\n", c->model, candidate->loss, judging,
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
    return (kr_fit_observer){see_candidate, see_expected, console, {see_event, console}};
}

/* ---- the verdict -------------------------------------------------------------------------- */

static void add_comparison(const kr_fit_data *data, const kr_fit_result *r,
                           char text[FIT_VERDICT]) {
    char lead[96], worse[64];
    const char *rule = r->candidates[r->rule].model;
    snprintf(lead, sizeof lead, "On %jd later window%s that no choice depended on, its error",
             (intmax_t)r->verdict.n_windows, kr__plural(r->verdict.n_windows));
    snprintf(worse, sizeof worse, ", so %s is used", rule);
    verdict_compare(text, FIT_VERDICT, &r->verdict, lead, rule, data->look.n_series > 1);
    verdict_judge(text, FIT_VERDICT, &r->verdict, "it", rule, worse);
}

static void add_coverage(const kr_fit_result *r, bool are_named, char text[FIT_VERDICT]) {
    const char *first = are_named ? "There its" : "On the later windows its";
    bool is_told = r->verdict.n_windows > 0 && r->verdict.kind != KR__TOO_LITTLE;
    for (int i = 0; i < r->levels.n && is_told; i++) {
        if (isnan(r->levels.held[i])) return;
        verdict_add(text, FIT_VERDICT, "%s %.0f %% intervals held %.0f %% of the values%s",
                    i == 0 ? first : "its", 100 * r->levels.level[i], 100 * r->levels.held[i],
                    i + 1 < r->levels.n ? "," : ".");
    }
}

static int count_tried(const kr_fit_result *r, bool with_rules) {
    int n = 0;
    for (int i = 0; i < r->n_candidates; i++) {
        const kr_fit_candidate *c = &r->candidates[i];
        bool is_rule = c->local && c->local->use == KR__LOCAL_RULE;
        n += !*c->why_not && (with_rules || !is_rule);
    }
    return n;
}

static void add_choice(const kr_fit_result *r, char text[FIT_VERDICT]) {
    char choice[KR_FIT_CHOICE];
    kr__fit_choice(r, choice);
    *choice = (char)toupper((unsigned char)*choice);
    if (r->is_rule_after_all) {
        verdict_add(text, FIT_VERDICT,
                    "What was best on the earlier windows is not on the later ones.");
    } else if (count_tried(r, true) == 1) {
        verdict_add(text, FIT_VERDICT, "%s is the only model that was tried.", choice);
    } else {
        verdict_add(text, FIT_VERDICT,
                    r->study->n_verdict > 0 ? "%s is best on the earlier windows."
                                            : "%s is best in the past, as far as that reaches.",
                    choice);
    }
}

const char *fit_verdict(const kr_fit_data *data, const kr_fit_result *r, char text[FIT_VERDICT]) {
    *text = '\0';
    add_choice(r, text);
    bool is_rule = r->n_chosen == 1 && r->chosen[0] == r->rule && !r->is_rule_after_all;
    if (r->rule < 0) return text;
    if (!is_rule) {
        add_comparison(data, r, text);
    } else if (count_tried(r, false) > 0) {
        verdict_add(text, FIT_VERDICT,
                    "No other model beat it: these data hold little that such models could use.");
    }
    add_coverage(r, !is_rule, text);
    return text;
}
