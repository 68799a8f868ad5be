/* SPDX-License-Identifier: MIT
 * fit_choice.c - which candidate, or the median of which, is best on the windows for choosing, and
 * whether it beats a rule of thumb on the others. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/fitting.h"

/* Fewer windows than this cannot tell good models from lucky ones: then the median of the best
 * three statistical models is taken, so that nothing is learnt from so little. */
enum { FEW_WINDOWS = 10, USUAL_MEMBERS = 3, MOST_CHOSEN = 7 };

const char kr__fit_is_late[] = "there was no time for it";

/* ---- the candidates by their loss ------------------------------------------------------- */

static bool is_less(double a, double b) { return a < b || (isnan(b) && !isnan(a)); }

typedef bool (*is_such)(const kr__fit_candidate *c);
static bool is_statistical(const kr__fit_candidate *c) { return c->local != NULL; }
static bool is_any(const kr__fit_candidate *c) {
    (void)c;
    return true;
}
static bool is_rule(const kr__fit_candidate *c) {
    return c->local && c->local->use == KR__LOCAL_RULE;
}

/* The candidates of a kind that took part, the best first. */
static int rank(const kr__fit_result *r, is_such such, int order[KR_FIT_MOST_MODELS]) {
    int n = 0;
    for (int i = 0; i < r->n_candidates; i++) {
        const kr__fit_candidate *c = &r->candidates[i];
        if (!c->forecasts.mean || !such(c)) continue;
        int at = n++;
        for (; at > 0 && is_less(c->loss, r->candidates[order[at - 1]].loss); at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    return n;
}

/* ---- choosing --------------------------------------------------------------------------- */

static void take(kr__fit_result *r, const int *members, int n) {
    const kr__study_forecasts *of[KR__MOST_MEMBERS];
    for (int i = 0; i < n; i++) {
        r->chosen[i] = members[i];
        of[i] = &r->candidates[members[i]].forecasts;
    }
    r->n_chosen = n;
    kr__study_median(r->study, of, n, &r->own);
    r->loss = kr__study_loss(r->study, &r->own, KR__CHOOSING);
    r->verdict_loss = kr__study_loss(r->study, &r->own, KR__VERDICT);
}

/* How much more loss still counts as the same. The fewer of its rows a series had had by the
 * windows for choosing, the less they say of models that will have all of them. */
static double nearly_as_good(const kr__study *s) {
    double missing = 0;
    for (int64_t w = 0; w < s->n_windows; w++) {
        const kr__study_window *it = &s->windows[w];
        double n = (double)s->targets[it->target].n;
        if (!it->is_verdict) missing += (n - 1 - (double)it->origin) / n;
    }
    return 1 + fmax(0.02, 0.1 * missing / (double)s->n_choosing);
}

/* Of the best one, the median of the best two, three, .. the one with the least loss; of those that
 * are nearly as good the one of most models: it has less luck in it. What is far worse than
 * the best one is no member. */
static void choose_members(kr__fit_result *r, const int *order, int n) {
    const double near = nearly_as_good(r->study), far = 1.25;
    double losses[MOST_CHOSEN + 1] = {0}, least = (double)NAN;
    int best = 1, most = 0;
    while (most < n && most < MOST_CHOSEN &&
           !(r->candidates[order[most]].loss > far * r->candidates[order[0]].loss)) {
        most++;
    }
    for (int k = 1; k <= most; k++) {
        take(r, order, k);
        losses[k] = r->loss;
        if (is_less(r->loss, least)) least = r->loss;
    }
    for (int k = 1; k <= most && !isnan(least); k++) {
        if (losses[k] <= near * least) best = k;
    }
    take(r, order, best);
}

/* The best learned model among the statistical ones: a forecaster holds one. */
static int rank_with_learned(const kr__fit_result *r, int order[KR_FIT_MOST_MODELS]) {
    int all[KR_FIT_MOST_MODELS], n_all = rank(r, is_any, all), n = 0;
    bool has_learned = false;
    for (int i = 0; i < n_all; i++) {
        bool is_first = r->candidates[all[i]].local || !has_learned;
        has_learned = has_learned || !r->candidates[all[i]].local;
        if (is_first) order[n++] = all[i];
    }
    return n;
}

static void choose(kr__fit_result *r) {
    int order[KR_FIT_MOST_MODELS], n = rank(r, is_statistical, order);
    if (n > 0 && r->study->n_choosing < FEW_WINDOWS) {
        take(r, order, n < USUAL_MEMBERS ? n : USUAL_MEMBERS);
    } else if ((n = rank_with_learned(r, order)) > 0) {
        choose_members(r, order, n);
    }
    r->rule = rank(r, is_rule, order) > 0 ? order[0] : -1;
}

/* ---- the verdict ------------------------------------------------------------------------ */

static kr_status measure_intervals(const kr_fit_config *config, kr__fit_result *r, kr_error *err) {
    if (strcmp(config->levels, "none") != 0) {
        KR_TRY(kr_levels_parse(config->levels, r->levels.level, &r->levels.n, err));
    }
    return kr__relative_errors_make(r->study, &r->own, &r->levels, &r->errors, err);
}

/* The verdict stays that of the choice, which says why; what is told of each target is the rule's.
 */
static kr_status take_rule(const kr_fit_config *config, kr__fit_result *r, kr_error *err) {
    kr__verdict own;
    r->is_rule_after_all = true;
    take(r, &r->rule, 1);
    KR_TRY(kr__verdict_make(r->study, &r->own, &r->own, (uint64_t)config->seed, &own, err));
    double *mases = r->verdict.mases, *skills = r->verdict.skills;
    r->verdict.mases = own.mases;
    r->verdict.skills = own.skills;
    own.mases = mases;
    own.skills = skills;
    kr__verdict_deinit(&own);
    return KR_OK;
}

static kr_status tell_there_is_none(const kr__fit_result *r, kr_error *err) {
    for (int i = 0; i < r->n_candidates; i++) {
        if (strcmp(r->candidates[i].why_not, kr__fit_is_late) != 0) continue;
        return kr_fail(err, KR_USAGE,
                       "no model could be used before the time was up; give more `time_budget`, or "
                       "name faster ones with `models`");
    }
    return kr_fail(err, KR_SHAPE,
                   "none of the models could be used: these rows are too few for them; name others "
                   "with `models`");
}

kr_status kr__fit_choose(const kr_fit_config *config, kr__fit_result *r, kr_error *err) {
    KR_TRY(kr__study_forecasts_init(r->study, &r->own, err));
    choose(r);
    if (r->n_chosen == 0) return tell_there_is_none(r, err);
    if (r->rule >= 0) {
        KR_TRY(kr__verdict_make(r->study, &r->own, &r->candidates[r->rule].forecasts,
                                (uint64_t)config->seed, &r->verdict, err));
    }
    if (r->verdict.kind == KR_WORSE) KR_TRY(take_rule(config, r, err));
    return measure_intervals(config, r, err);
}

const char *kr__fit_choice(const kr__fit_result *r, char text[KR_FIT_CHOICE]) {
    size_t n = (size_t)snprintf(text, KR_FIT_CHOICE, "%s", r->n_chosen > 1 ? "the median of " : "");
    for (int i = 0; i < r->n_chosen && n < KR_FIT_CHOICE; i++) {
        const char *comma = i == 0 ? "" : i + 1 == r->n_chosen ? " and " : ", ";
        n += (size_t)snprintf(text + n, KR_FIT_CHOICE - n, "%s%s", comma,
                              r->candidates[r->chosen[i]].model);
    }
    return text;
}

bool kr__fit_is_chosen(const kr__fit_result *r, int candidate) {
    for (int i = 0; i < r->n_chosen; i++) {
        if (r->chosen[i] == candidate) return true;
    }
    return false;
}

/* The error that judges, else the one that chooses; NaN: it has none. */
static double main_loss(const kr__fit_candidate *c) {
    return isnan(c->verdict_loss) ? c->loss : c->verdict_loss;
}

static int find_rank(const kr__fit_result *r, int i) {
    double own = main_loss(&r->candidates[i]);
    int at = 1;
    if (*r->candidates[i].why_not) return 0;
    for (int k = 0; k < r->n_candidates; k++) {
        const kr__fit_candidate *c = &r->candidates[k];
        bool is_equal = !is_less(main_loss(c), own) && !is_less(own, main_loss(c));
        at += !*c->why_not && (is_less(main_loss(c), own) || (is_equal && k < i));
    }
    return at;
}

kr_fit_candidate kr__fit_tell_candidate(const kr__fit_result *r, int i) {
    const kr__fit_candidate *c = &r->candidates[i];
    return (kr_fit_candidate){.size = sizeof(kr_fit_candidate),
                              .index = i,
                              .model = c->model,
                              .why_not = c->why_not,
                              .is_learned = c->local == NULL,
                              .is_chosen = kr__fit_is_chosen(r, i),
                              .choosing_mase = c->loss,
                              .judging_mase = c->verdict_loss,
                              .seconds = c->seconds,
                              .n_steps = c->n_steps,
                              .training_loss = c->training_loss,
                              .rank = find_rank(r, i)};
}
