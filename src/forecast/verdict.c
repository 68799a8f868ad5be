/* SPDX-License-Identifier: MIT
 * verdict.c - is a forecaster better than a rule of thumb, as far as its past can tell?
 *
 * Errors of windows that overlap or follow one another are alike, and so are those of the columns
 * of one table at one time. Where there are many targets, these are resampled; else blocks of
 * origins, the same for all targets. H. Kuensch, The jackknife and the bootstrap for general
 * stationary observations, 1989. */
#include <math.h>
#include <stdlib.h>

#include "core/random.h"
#include "forecast/study.h"

enum { RESAMPLES = 999, MANY_TARGETS = 20, FEW_BLOCKS = 4 };

typedef struct comparison {
    const kr__study *study;
    const double *own, *rule; /* errors (n_windows); NaN: not compared */
    int64_t most_windows;     /* for the verdict, of a target */
    int64_t block;            /* windows that share rows */
    double *skills;           /* room for (n_targets) */
} comparison;

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sort_median(double *values, int64_t n) {
    if (n == 0) return (double)NAN;
    qsort(values, (size_t)n, sizeof *values, compare);
    return (values[n / 2] + values[(n - 1) / 2]) / 2;
}

/* ---- skills ----------------------------------------------------------------------------- */

static bool is_compared(const comparison *c, int64_t w) {
    return c->study->windows[w].is_verdict && !isnan(c->own[w]) && !isnan(c->rule[w]);
}

/* The k-th window for the verdict, counted from the last one of the target; -1: there is none. */
static int64_t verdict_window(const comparison *c, const kr__target *t, int64_t k) {
    int64_t w = t->first_window + t->n_windows - 1 - k;
    return k < t->n_windows && c->study->windows[w].is_verdict ? w : -1;
}

/* Of a target on windows that came how often (NULL: once each). NaN: none can be compared. */
static double find_skill(const comparison *c, const kr__target *t, const int64_t *times) {
    double own = 0, rule = 0;
    for (int64_t k = 0; k < c->most_windows; k++) {
        int64_t w = verdict_window(c, t, k);
        if (w < 0 || !is_compared(c, w)) continue;
        double weight = times ? (double)times[k] : 1;
        own += weight * c->own[w];
        rule += weight * c->rule[w];
    }
    if (own == 0 && rule == 0) return (double)NAN;
    return rule > 0 ? 1 - own / rule : -1;
}

/* ---- resamples -------------------------------------------------------------------------- */

static double resample_targets(const comparison *c, const double *skills, int64_t n, kr_rng *rng) {
    for (int64_t i = 0; i < n; i++) c->skills[i] = skills[kr__rng_below(rng, (uint64_t)n)];
    return sort_median(c->skills, n);
}

static double resample_blocks(const comparison *c, int64_t *times, kr_rng *rng) {
    int64_t n = 0, most = c->most_windows;
    for (int64_t k = 0; k < most; k++) times[k] = 0;
    for (int64_t drawn = 0; drawn < most; drawn += c->block) {
        int64_t first = (int64_t)kr__rng_below(rng, (uint64_t)most);
        for (int64_t k = 0; k < c->block && drawn + k < most; k++) times[(first + k) % most]++;
    }
    for (int64_t i = 0; i < c->study->n_targets; i++) {
        double skill = find_skill(c, &c->study->targets[i], times);
        if (!isnan(skill)) c->skills[n++] = skill;
    }
    return sort_median(c->skills, n);
}

/* 5 and 95 of 100 resamples. */
static void take_bounds(double *samples, int64_t n, kr__verdict *out) {
    qsort(samples, (size_t)n, sizeof *samples, compare);
    out->low = n > 0 ? samples[n / 20] : (double)NAN;
    out->high = n > 0 ? samples[n - 1 - n / 20] : (double)NAN;
}

static bool find_bounds(const comparison *c, uint64_t seed, const double *skills, int64_t n,
                        kr__verdict *out) {
    double *samples = kr__calloc(RESAMPLES, sizeof *samples);
    int64_t *times = kr__calloc((size_t)c->most_windows + 1, sizeof *times), n_samples = 0;
    if (samples && times) {
        for (uint64_t i = 0; i < RESAMPLES; i++) {
            kr_rng rng = kr__rng_make(seed, KR_STREAM_SAMPLE, i);
            double skill = n >= MANY_TARGETS ? resample_targets(c, skills, n, &rng)
                                             : resample_blocks(c, times, &rng);
            if (!isnan(skill)) samples[n_samples++] = skill;
        }
        take_bounds(samples, n_samples, out);
    }
    bool is_good = samples && times;
    kr_free(samples);
    kr_free(times);
    return is_good;
}

/* ---- the verdict ------------------------------------------------------------------------ */

/* The median over the targets of the mean error of their windows for the verdict. */
static double find_mase(const comparison *c, const double *errors, double *of_target) {
    int64_t n_targets = 0;
    for (int64_t i = 0; i < c->study->n_targets; i++) {
        const kr__target *t = &c->study->targets[i];
        double sum = 0;
        int64_t n = 0;
        for (int64_t w = t->first_window; w < t->first_window + t->n_windows; w++) {
            if (!is_compared(c, w)) continue;
            sum += errors[w];
            n++;
        }
        double mase = n > 0 ? sum / (double)n : (double)NAN;
        if (of_target) of_target[i] = mase;
        if (n > 0) c->skills[n_targets++] = mase;
    }
    return sort_median(c->skills, n_targets);
}

static void count(comparison *c, kr__verdict *out) {
    const kr__study *s = c->study;
    int64_t stride = 0;
    for (int64_t w = 0; w < s->n_windows; w++) out->n_windows += is_compared(c, w);
    for (int64_t i = 0; i < s->n_targets; i++) {
        const kr__target *t = &s->targets[i];
        int64_t n = 0;
        while (verdict_window(c, t, n) >= 0) n++;
        if (n <= c->most_windows) continue;
        int64_t last = t->first_window + t->n_windows - 1;
        c->most_windows = n;
        stride = n > 1 ? s->windows[last].origin - s->windows[last - 1].origin : s->horizon;
    }
    c->block = stride > 0 ? (s->horizon + stride - 1) / stride : 1;
}

static void judge(const comparison *c, kr__verdict *out) {
    bool is_panel = out->n_targets >= MANY_TARGETS;
    bool has_little = out->n_targets == 0 || isnan(out->low) ||
                      (!is_panel && c->most_windows < FEW_BLOCKS * c->block);
    out->kind = has_little      ? KR_TOO_LITTLE
                : out->low > 0  ? KR_BETTER
                : out->high < 0 ? KR_WORSE
                                : KR_NO_BETTER;
}

static bool compare_all(comparison *c, uint64_t seed, kr__verdict *out) {
    const kr__study *s = c->study;
    double *skills = kr__calloc((size_t)s->n_targets + 1, sizeof *skills);
    if (!skills) return false;
    count(c, out);
    for (int64_t i = 0; i < s->n_targets; i++) {
        out->skills[i] = find_skill(c, &s->targets[i], NULL);
        if (!isnan(out->skills[i])) skills[out->n_targets++] = out->skills[i];
    }
    bool is_good = find_bounds(c, seed, skills, out->n_targets, out);
    out->skill = sort_median(skills, out->n_targets);
    out->mase = find_mase(c, c->own, out->mases);
    out->rule_mase = find_mase(c, c->rule, NULL);
    kr_free(skills);
    judge(c, out);
    return is_good;
}

kr_status kr__verdict_make(const kr__study *study, const kr__study_forecasts *f,
                           const kr__study_forecasts *rule, uint64_t seed, kr__verdict *out,
                           kr_error *err) {
    size_t n = (size_t)study->n_windows + 1, n_targets = (size_t)study->n_targets + 1;
    double *errors = kr__calloc(2 * n, sizeof *errors);
    *out = (kr__verdict){.skills = kr__calloc(n_targets, sizeof(double)),
                         .mases = kr__calloc(n_targets, sizeof(double))};
    comparison c = {.study = study,
                    .own = errors,
                    .rule = errors ? errors + n : NULL,
                    .skills = kr__calloc(n_targets, sizeof(double))};
    bool is_good = errors && out->skills && out->mases && c.skills;
    for (int64_t w = 0; is_good && w < study->n_windows; w++) {
        errors[w] = kr__study_error(study, f, w);
        errors[n + (size_t)w] = kr__study_error(study, rule, w);
    }
    is_good = is_good && compare_all(&c, seed, out);
    kr_free(errors);
    kr_free(c.skills);
    if (is_good) return KR_OK;
    kr__verdict_deinit(out);
    return kr_fail(err, KR_MEMORY, "out of memory for the verdict");
}

void kr__verdict_deinit(kr__verdict *v) {
    kr_free(v->skills);
    kr_free(v->mases);
    v->skills = v->mases = NULL;
}
