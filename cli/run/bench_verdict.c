/* SPDX-License-Identifier: MIT
 * bench_verdict.c - how time and memory grow with length, and from which length on Mamba wins. */
#include <math.h>
#include <string.h>

#include "framework/say.h"
#include "run/bench_command.h"

/* ---- series ----------------------------------------------------------------------------- */

static bool is_of_series(const bench_series *s, const bench_row *row) {
    return strcmp(s->first->model, row->model) == 0 && s->first->batch_size == row->batch_size &&
           s->first->d_state == row->d_state;
}

static bench_series *find_series(bench_series *series, int *n, const bench_row *row) {
    for (int i = 0; i < *n; i++) {
        if (is_of_series(&series[i], row)) return &series[i];
    }
    if (*n == BENCH_MOST_SERIES) return NULL;
    series[*n] = (bench_series){.first = row};
    return &series[(*n)++];
}

/* Insert a point in order of length. */
static void add_point(bench_series *s, const bench_row *row) {
    int64_t at = s->n;
    double tokens = (double)row->tokens;
    if (at == BENCH_MOST_POINTS) return;
    for (; at > 0 && s->tokens[at - 1] > tokens; at--) {
        s->tokens[at] = s->tokens[at - 1];
        s->step_ms[at] = s->step_ms[at - 1];
        s->memory[at] = s->memory[at - 1];
    }
    s->tokens[at] = tokens;
    s->step_ms[at] = row->step_ms;
    s->memory[at] = row->peak_rss_mib;
    s->n++;
}

/* Different look-backs may have the same number of patches. */
static bool can_be_fitted(const double *x, int64_t n) { return n >= 2 && x[n - 1] > x[0]; }

static void fit(bench_series *s) {
    enum { LEAST_POINTS = 3 };
    int64_t n = (s->n + 1) / 2;
    if (n < LEAST_POINTS) n = s->n < LEAST_POINTS ? s->n : LEAST_POINTS;
    int64_t first = s->first_fitted = s->n - n;
    s->time_law.slope = s->memory_law.slope = (double)NAN;
    if (!can_be_fitted(s->tokens + first, n)) return;
    s->time_law = kr__power_law_fit(s->tokens + first, s->step_ms + first, n);
    s->memory_law = kr__power_law_fit(s->tokens + first, s->memory + first, n);
}

int bench_collect(const bench_row *const *rows, int64_t n, bench_series *series) {
    int n_series = 0;
    for (int64_t i = 0; i < n; i++) {
        bench_series *s = find_series(series, &n_series, rows[i]);
        if (s) add_point(s, rows[i]);
    }
    for (int i = 0; i < n_series; i++) fit(&series[i]);
    return n_series;
}

const char *bench_series_name(const bench_series *series, int n_series, int i, char *text,
                              size_t size) {
    const bench_row *row = series[i].first;
    bool has_batches = false, has_states = false;
    for (int k = 0; k < n_series; k++) {
        const bench_row *other = series[k].first;
        if (other->batch_size != row->batch_size) has_batches = true;
        if (strcmp(other->model, row->model) == 0 && other->d_state != row->d_state) {
            has_states = true;
        }
    }
    int used = snprintf(text, size, "%s", row->model);
    if (has_states && row->d_state >= 0) {
        used += snprintf(text + used, size - (size_t)used, ", d_state %jd", (intmax_t)row->d_state);
    }
    if (has_batches) {
        snprintf(text + used, size - (size_t)used, ", batch %jd", (intmax_t)row->batch_size);
    }
    return text;
}

/* ---- lines ------------------------------------------------------------------------------ */

void bench_print_slopes(const bench_series *series, int n_series, FILE *out) {
    for (int i = 0; i < n_series; i++) {
        char name[128];
        const bench_series *s = &series[i];
        if (isnan(s->time_law.slope)) continue;
        say(out, "%s: from %.0f to %.0f tokens time grows as tokens^%.2f, memory as tokens^%.2f\n",
            bench_series_name(series, n_series, i, name, sizeof name), s->tokens[s->first_fitted],
            s->tokens[s->n - 1], s->time_law.slope, s->memory_law.slope);
    }
}

/* Attention has no state. */
static bool has_state(const bench_series *series) { return series->first->d_state >= 0; }

static const bench_series *find_attention(const bench_series *series, int n_series,
                                          const bench_series *mamba) {
    for (int i = 0; i < n_series; i++) {
        bool is_same_batch = series[i].first->batch_size == mamba->first->batch_size;
        if (!has_state(&series[i]) && is_same_batch) return &series[i];
    }
    return NULL;
}

/* The times at the lengths where both were measured; returns how many. */
static int64_t pair_up(const bench_series *attention, const bench_series *mamba, double *tokens,
                       double *a, double *b) {
    int64_t n = 0;
    for (int64_t i = 0; i < mamba->n; i++) {
        for (int64_t k = 0; k < attention->n; k++) {
            if (attention->tokens[k] != mamba->tokens[i]) continue;
            tokens[n] = mamba->tokens[i];
            a[n] = attention->step_ms[k];
            b[n++] = mamba->step_ms[i];
            break;
        }
    }
    return n;
}

/* More digits of a value between two measurements would mean nothing. */
static double round_to_two_digits(double value) {
    double unit = pow(10, floor(log10(value)) - 1);
    return round(value / unit) * unit;
}

static void print_one(const char *name, const bench_series *attention, const bench_series *mamba,
                      FILE *out) {
    double tokens[BENCH_MOST_POINTS], a[BENCH_MOST_POINTS], b[BENCH_MOST_POINTS];
    int64_t n = pair_up(attention, mamba, tokens, a, b);
    if (n == 0) return;
    kr_crossing crossing = kr__comparison_crossing(tokens, a, b, n);
    double longest = tokens[n - 1], share = b[n - 1] / a[n - 1];
    if (crossing.kind == KR_CROSSING_NEVER) {
        say(out, "%s is not faster than %s", name, attention->first->model);
    } else if (crossing.kind == KR_CROSSING_ALWAYS && n > 1) {
        say(out, "%s is faster at every length measured, from %.0f tokens per channel on", name,
            tokens[0]);
    } else if (crossing.kind == KR_CROSSING_ALWAYS) {
        say(out, "%s is faster", name);
    } else {
        say(out, "%s is faster from about %.0f tokens per channel on", name,
            round_to_two_digits(crossing.tokens));
    }
    say(out, "; at %.0f it takes %.2f of %s's time\n", longest, share, attention->first->model);
}

void bench_print_verdict(const bench_series *series, int n_series, FILE *out) {
    for (int i = 0; i < n_series; i++) {
        char name[128];
        const bench_series *attention = find_attention(series, n_series, &series[i]);
        if (!has_state(&series[i]) || !attention) continue;
        print_one(bench_series_name(series, n_series, i, name, sizeof name), attention, &series[i],
                  out);
    }
}
