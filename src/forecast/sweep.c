/* SPDX-License-Identifier: MIT
 * sweep.c - the settings that a sweep tries: a grid or draws; the rungs of halving. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/text.h"
#include "forecast/forecast_config.h"
#include "forecast/sweep.h"
#include "forecast/sweep_internal.h"

/* ---- a number of a range ---------------------------------------------------------------- */

void kr__sweep_point(const kr_sweep_axis *axis, double share, char value[KR_SWEEP_TEXT]) {
    double x = axis->is_log ? axis->from * pow(axis->to / axis->from, share)
                            : axis->from + share * (axis->to - axis->from);
    if (axis->flag->kind == KR_SETTING_INT) {
        snprintf(value, KR_SWEEP_TEXT, "%.0f", x);
        return;
    }
    /* Four digits say where the optimum lies, and can be typed. */
    char rounded[KR_NUMBER_TEXT];
    kr__text_print(rounded, sizeof rounded, "%.4g", x);
    kr__text_real(rounded, &x);
    x = fmin(fmax(x, axis->from), axis->to);
    kr__text_number(x, rounded);
    memcpy(value, rounded, sizeof rounded);
}

/* ---- a list that grows ------------------------------------------------------------------ */

typedef struct builder {
    const kr_sweep_axis *axes;
    const kr_forecast_config *base;
    kr_sweep_trials *trials;
    kr_forecast_config *config; /* of the current trial */
} builder;

/* Make room for `most` trials; false when out of memory. */
static bool open_builder(builder *b, int n_axes, int64_t most) {
    size_t size = 0;
    b->config = kr__calloc(1, sizeof *b->config);
    b->trials = kr__calloc(1, sizeof *b->trials);
    if (b->trials && kr__size_mul((size_t)most, (size_t)n_axes, &size)) {
        b->trials->values = kr__calloc(size, sizeof *b->trials->values);
    }
    if (!b->config || !b->trials || !b->trials->values) return false;
    b->trials->n_axes = n_axes;
    return true;
}

static kr_status no_room(int64_t n, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for %lld trials", (long long)n);
}

/* Hands the list over if all went well. */
static kr_status close_builder(builder *b, kr_status status, kr_sweep_trials **out) {
    kr_free(b->config);
    if (status == KR_OK) {
        *out = b->trials;
    } else {
        kr__sweep_trials_destroy(b->trials);
    }
    return status;
}

static char *row_of(const kr_sweep_trials *trials, int64_t trial) {
    return trials->values[trial * trials->n_axes];
}

/* Keep the row after the last trial if it can be trained. */
static void try_row(builder *b) {
    kr_sweep_trials *t = b->trials;
    kr_error why = {.text = ""};
    *b->config = *b->base;
    if (kr__sweep_apply(b->axes, t, t->n, b->config, &why) == KR_OK) {
        t->n++;
    } else if (t->n_impossible++ == 0) {
        memcpy(t->why, why.text, sizeof t->why);
    }
}

/* ---- the grid --------------------------------------------------------------------------- */

static void fill_row(const kr_sweep_axis *axes, int n_axes, int64_t cell, char *row) {
    for (int a = n_axes - 1; a >= 0; a--) {
        memcpy(row + (size_t)a * KR_SWEEP_TEXT, axes[a].values[cell % axes[a].n], KR_SWEEP_TEXT);
        cell /= axes[a].n;
    }
}

static kr_status count_cells(const kr_sweep_axis *axes, int n_axes, int64_t *n, kr_error *err) {
    *n = 1;
    for (int a = 0; a < n_axes; a++) {
        *n *= axes[a].n;
        if (*n <= KR_SWEEP_TRIALS) continue;
        return kr_fail(err, KR_USAGE,
                       "the grid has more than %d settings; name fewer values, or draw some with "
                       "`method` random",
                       KR_SWEEP_TRIALS);
    }
    return KR_OK;
}

static kr_status fill_grid(builder *b, int64_t n_cells, kr_error *err) {
    kr_sweep_trials *t = b->trials;
    for (int64_t cell = 0; cell < n_cells; cell++) {
        fill_row(b->axes, t->n_axes, cell, row_of(t, t->n));
        try_row(b);
    }
    return t->n > 0 ? KR_OK : kr_fail(err, KR_USAGE, "%s", t->why);
}

kr_status kr__sweep_grid(const kr_sweep_axis *axes, int n_axes, const kr_forecast_config *base,
                         kr_sweep_trials **out, kr_error *err) {
    builder b = {.axes = axes, .base = base};
    int64_t n_cells = 0;
    KR_TRY(count_cells(axes, n_axes, &n_cells, err));
    kr_status status =
        open_builder(&b, n_axes, n_cells) ? fill_grid(&b, n_cells, err) : no_room(n_cells, err);
    return close_builder(&b, status, out);
}

/* ---- draws ------------------------------------------------------------------------------ */

/* Each whole number is as likely as the others, the ends too. */
static double draw_share(const kr_sweep_axis *axis, kr_rng *rng) {
    double span = axis->to - axis->from;
    if (axis->flag->kind != KR_SETTING_INT || axis->is_log || span > UINT32_MAX - 1) {
        return kr__rng_uniform(rng);
    }
    return (double)kr__rng_below(rng, (uint64_t)span + 1) / span;
}

static void draw_row(const kr_sweep_axis *axes, int n_axes, kr_rng *rng, char *row) {
    for (int a = 0; a < n_axes; a++, row += KR_SWEEP_TEXT) {
        if (axes[a].is_range) {
            kr__sweep_point(&axes[a], draw_share(&axes[a], rng), row);
        } else {
            memcpy(row, axes[a].values[kr__rng_below(rng, (uint64_t)axes[a].n)], KR_SWEEP_TEXT);
        }
    }
}

/* Is the row after the last trial one of the trials already? */
static bool is_repeated(const kr_sweep_trials *t) {
    const char *row = row_of(t, t->n);
    for (int64_t i = 0; i < t->n; i++) {
        bool is_same = true;
        for (int a = 0; a < t->n_axes && is_same; a++) {
            is_same = strcmp(kr__sweep_value(t, i, a), row + (size_t)a * KR_SWEEP_TEXT) == 0;
        }
        if (is_same) return true;
    }
    return false;
}

static kr_status draw_rows(builder *b, int64_t n_runs, kr_error *err) {
    const int64_t most_draws = 100 * n_runs;
    kr_sweep_trials *t = b->trials;
    for (int64_t draw = 0; draw < most_draws && t->n < n_runs; draw++) {
        kr_rng rng = kr__rng_make((uint64_t)b->base->seed, KR_STREAM_SWEEP, (uint64_t)draw);
        draw_row(b->axes, t->n_axes, &rng, row_of(t, t->n));
        if (!is_repeated(t)) try_row(b);
    }
    if (t->n == n_runs) return KR_OK;
    if (t->n == 0) return kr_fail(err, KR_USAGE, "%s", t->why);
    return kr_fail(err, KR_USAGE,
                   "`runs` %lld: %lld draws gave %lld different settings; ask for fewer, or use "
                   "`method` grid",
                   (long long)n_runs, (long long)most_draws, (long long)t->n);
}

kr_status kr__sweep_random(const kr_sweep_axis *axes, int n_axes, int64_t n_runs,
                           const kr_forecast_config *base, kr_sweep_trials **out, kr_error *err) {
    builder b = {.axes = axes, .base = base};
    kr_status status =
        open_builder(&b, n_axes, n_runs) ? draw_rows(&b, n_runs, err) : no_room(n_runs, err);
    return close_builder(&b, status, out);
}

/* ---- trials ----------------------------------------------------------------------------- */

void kr__sweep_trials_destroy(kr_sweep_trials *trials) {
    if (!trials) return;
    kr_free(trials->values);
    kr_free(trials);
}

const char *kr__sweep_value(const kr_sweep_trials *trials, int64_t trial, int axis) {
    return trials->values[trial * trials->n_axes + axis];
}

kr_status kr__sweep_apply(const kr_sweep_axis *axes, const kr_sweep_trials *trials, int64_t trial,
                          kr_forecast_config *config, kr_error *err) {
    for (int a = 0; a < trials->n_axes; a++) {
        const char *value = kr__sweep_value(trials, trial, a);
        KR_TRY(kr__forecast_config_set(config, axes[a].flag->name, value, err));
    }
    return kr__forecast_config_check_run(config, err);
}

/* ---- halving ---------------------------------------------------------------------------- */

int kr__sweep_halving(int64_t n_trials, int64_t factor, int64_t epochs,
                      kr_sweep_rung rungs[KR_SWEEP_RUNGS]) {
    int n = 1;
    int64_t left = n_trials, first_epochs = epochs;
    while (factor > 1 && n < KR_SWEEP_RUNGS && left > 1 && first_epochs >= factor) {
        left = (left + factor - 1) / factor;
        first_epochs /= factor;
        n++;
    }
    for (int i = n - 1; i >= 0; i--, epochs /= factor) rungs[i].epochs = epochs;
    for (int i = 0; i < n; i++, n_trials = (n_trials + factor - 1) / factor) {
        rungs[i].n_trials = n_trials;
    }
    return n;
}
