/* SPDX-License-Identifier: MIT
 * intervals.c - conformal intervals from held-back errors.
 *
 * Split conformal prediction: the errors of windows that the model has not learned from, sorted
 * place by place, tell how far off the next truth may be, whatever the model. */
#include <kr/scores.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"

enum { PLACES_A_PIECE = 16 }; /* a cache line of floats is read at a time */

/* ---- residuals -------------------------------------------------------------------------- */

typedef struct fit_job {
    const kr_conformal *conformal;
    const float *forecast, *truth;
    int64_t n_windows;
    kr_per_worker columns; /* (PLACES_A_PIECE, n_windows) of each */
    int64_t *n_truths;     /* (n_places) */
} fit_job;

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Which rank (from 0) of n order statistics is kept as number k: evenly spaced, rounded
 * outwards. */
static int64_t kept_rank(int64_t k, int64_t n_kept, int64_t n) {
    int64_t last = n_kept - 1;
    if (last == 0) return 0;
    return 2 * k < last ? k * (n - 1) / last : n - 1 - (last - k) * (n - 1) / last;
}

static void fit_place(const kr_conformal *c, int64_t place, float *column, int64_t n) {
    qsort(column, (size_t)n, sizeof *column, compare_floats);
    for (int64_t k = 0; k < c->n_kept; k++) {
        c->residuals[k * c->n_places + place] =
            n > 0 ? column[kept_rank(k, c->n_kept, n)] : (float)NAN;
    }
}

static void fit_piece(void *arg, int64_t piece, int worker) {
    const fit_job *job = arg;
    int64_t n_places = job->conformal->n_places, first = piece * PLACES_A_PIECE;
    int64_t count = n_places - first < PLACES_A_PIECE ? n_places - first : PLACES_A_PIECE;
    float *columns = kr_per_worker_at(&job->columns, worker);
    int64_t n[PLACES_A_PIECE] = {0};
    for (int64_t w = 0; w < job->n_windows; w++) {
        for (int64_t k = 0; k < count; k++) {
            int64_t i = w * n_places + first + k;
            float residual = job->truth[i] - job->forecast[i];
            if (!isnan(residual)) columns[k * job->n_windows + n[k]++] = residual;
        }
    }
    for (int64_t k = 0; k < count; k++) {
        fit_place(job->conformal, first + k, columns + k * job->n_windows, n[k]);
    }
}

/* The smallest number of truths at any place that has some. */
static int64_t count_fewest(const fit_job *job, int64_t n_places) {
    int64_t least = 0;
    for (int64_t w = 0; w < job->n_windows; w++) {
        for (int64_t k = 0; k < n_places; k++) {
            job->n_truths[k] +=
                !isnan(job->truth[w * n_places + k] - job->forecast[w * n_places + k]);
        }
    }
    for (int64_t k = 0; k < n_places; k++) {
        int64_t n = job->n_truths[k];
        if (n > 0 && (least == 0 || n < least)) least = n;
    }
    return least;
}

/* Fewer when there are very many places, so that they take at most some 16 MiB of a checkpoint; but
 * never so few that usual levels could not be told apart. */
static int64_t choose_kept(int64_t n_windows, int64_t n_places) {
    const int64_t most_values = (int64_t)1 << 22, least = 64;
    int64_t n = most_values / n_places;
    if (n > KR_CONFORMAL_KEPT) n = KR_CONFORMAL_KEPT;
    if (n < least) n = least;
    return n_windows < n ? n_windows : n;
}

static kr_status out_of_memory(int64_t n_windows, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the errors of %lld windows",
                   (long long)n_windows);
}

/* n_truths is already filled. */
static kr_status fit(kr_team *team, kr_conformal *c, fit_job *job, kr_error *err) {
    size_t columns = 0, residuals = 0;
    c->n_windows = count_fewest(job, c->n_places);
    if (c->n_windows == 0) {
        return kr_fail(err, KR_SHAPE, "no held-back window has a truth to compare with");
    }
    c->n_kept = choose_kept(c->n_windows, c->n_places);
    bool fits = kr__size_mul((size_t)job->n_windows, PLACES_A_PIECE * sizeof(float), &columns) &&
                kr__size_mul((size_t)c->n_kept, (size_t)c->n_places, &residuals);
    if (fits) {
        c->residuals = kr__calloc(residuals, sizeof *c->residuals);
    }
    if (!c->residuals || kr_per_worker_init(&job->columns, team, columns, NULL) != KR_OK) {
        return out_of_memory(job->n_windows, err);
    }
    kr_team_for(team, (c->n_places + PLACES_A_PIECE - 1) / PLACES_A_PIECE, fit_piece, job);
    return KR_OK;
}

kr_status kr_conformal_fit(kr_team *team, int64_t n_windows, int64_t n_places,
                           const float *forecast, const float *truth, kr_conformal **out,
                           kr_error *err) {
    if (n_windows < 1 || n_places < 1) {
        return kr_fail(err, KR_SHAPE, "intervals need at least one held-back window");
    }
    kr_conformal *c = kr__calloc(1, sizeof *c);
    if (!c) return out_of_memory(n_windows, err);
    c->n_places = n_places;
    fit_job job = {c, forecast, truth, n_windows, {NULL, 0}, NULL};
    job.n_truths = kr__calloc((size_t)n_places, sizeof *job.n_truths);
    kr_status status = job.n_truths ? fit(team, c, &job, err) : out_of_memory(n_windows, err);
    kr_per_worker_deinit(&job.columns);
    kr_free(job.n_truths);
    if (status == KR_OK) {
        *out = c;
    } else {
        kr_conformal_destroy(c);
    }
    return status;
}

void kr_conformal_destroy(kr_conformal *conformal) {
    if (!conformal) return;
    kr_free(conformal->residuals);
    kr_free(conformal);
}

/* ---- bounds ----------------------------------------------------------------------------- */

/* Rounding of (n + 1) * level must not move a whole rank. */
#define RANK_SLACK 1e-9

static kr_status check_level(int64_t n_windows, double level, kr_error *err) {
    if (!(level > 0 && level < 1)) {
        return kr_fail(err, KR_USAGE,
                       "an interval of level %g %% cannot be made; choose one between 0 and 100 %%",
                       100 * level);
    }
    double needed = ceil((1 + level) / (1 - level) - RANK_SLACK);
    if (needed <= (double)n_windows) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "an interval of level %g %% needs %.0f held-back windows, and there %s %lld; "
                   "choose a lower level",
                   100 * level, needed, n_windows == 1 ? "is" : "are", (long long)n_windows);
}

/* The row of residuals at the rank (n + 1) * (1 - level) / 2, rounded down; by symmetry the upper
 * end is as far from the last row. */
static int64_t lower_row(const kr_conformal *c, double level) {
    int64_t n = c->n_windows;
    int64_t rank = (int64_t)floor((double)(n + 1) * (1 - level) / 2 + RANK_SLACK);
    assert(rank >= 1); /* check_level() */
    return n > 1 ? (rank - 1) * (c->n_kept - 1) / (n - 1) : 0;
}

kr_status kr_conformal_bounds(const kr_conformal *conformal, double level, int64_t n,
                              const float *forecast, float *lower, float *upper, kr_error *err) {
    KR_TRY(check_level(conformal->n_windows, level, err));
    int64_t n_places = conformal->n_places, row = lower_row(conformal, level);
    const float *below = conformal->residuals + row * n_places;
    const float *above = conformal->residuals + (conformal->n_kept - 1 - row) * n_places;
    for (int64_t w = 0; w < n; w++) {
        for (int64_t k = 0; k < n_places; k++) {
            float middle = forecast[w * n_places + k]; /* an output may be the input */
            lower[w * n_places + k] = middle + below[k];
            upper[w * n_places + k] = middle + above[k];
        }
    }
    return KR_OK;
}

void kr_conformal_quantile(const kr_conformal *conformal, double p, int64_t n,
                           const float *forecast, float *q) {
    assert(p > 0 && p < 1);
    int64_t n_places = conformal->n_places, last = conformal->n_kept - 1;
    double rank = (double)(conformal->n_windows + 1) * p - 1; /* from 0 */
    double at = fmin(fmax(rank / fmax((double)conformal->n_windows - 1, 1), 0), 1) * (double)last;
    int64_t row = (int64_t)at < last ? (int64_t)at : last - (last > 0);
    const float *below = conformal->residuals + row * n_places;
    const float *above = below + (last > 0 ? n_places : 0);
    float part = (float)(at - (double)row);
    for (int64_t w = 0; w < n; w++) {
        for (int64_t k = 0; k < n_places; k++) {
            q[w * n_places + k] =
                forecast[w * n_places + k] + ((1 - part) * below[k] + part * above[k]);
        }
    }
}

/* ---- levels from text ----------------------------------------------------------------- */

static kr_status parse_level(const char *word, size_t length, double *level, kr_error *err) {
    char text[32];
    while (length > 0 && *word == ' ') word++, length--;
    while (length > 0 && word[length - 1] == ' ') length--;
    snprintf(text, sizeof text, "%.*s", (int)length, word);
    bool is_percent = length > 0 && length < sizeof text && text[length - 1] == '%';
    if (is_percent) text[length - 1] = '\0';
    double value = 0;
    if (length >= sizeof text || !kr__text_real(text, &value)) {
        return kr_fail(err, KR_USAGE,
                       "level \"%.*s\" is not a number; give levels such as 0.8,0.95 or 80%%,95%%",
                       length > 40 ? 40 : (int)length, word);
    }
    *level = is_percent || value > 1 ? value / 100 : value;
    if (*level > 0 && *level < 1) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "level %.*s lies outside 0 to 100 %%, both excluded; no interval holds %s",
                   (int)length, word, value > 0 ? "everything" : "nothing");
}

/* Insert level into its place among n rising ones. */
static kr_status insert_level(double *levels, int *n, double level, kr_error *err) {
    int at = *n;
    while (at > 0 && levels[at - 1] > level) at--;
    if (at > 0 && levels[at - 1] >= level) {
        return kr_fail(err, KR_USAGE, "level %g %% is given twice; give it once", 100 * level);
    }
    memmove(levels + at + 1, levels + at, (size_t)(*n - at) * sizeof *levels);
    levels[at] = level;
    (*n)++;
    return KR_OK;
}

kr_status kr_levels_parse(const char *text, double levels[KR_LEVELS_MAX], int *n, kr_error *err) {
    double found[KR_LEVELS_MAX + 1];
    int count = 0;
    for (const char *word = text; word; word = kr__text_behind(word, ',')) {
        if (count == KR_LEVELS_MAX) {
            return kr_fail(err, KR_USAGE, "more than %d levels; give fewer", KR_LEVELS_MAX);
        }
        double level = 0;
        KR_TRY(parse_level(word, strcspn(word, ","), &level, err));
        KR_TRY(insert_level(found, &count, level, err));
    }
    memcpy(levels, found, (size_t)count * sizeof *levels);
    *n = count;
    return KR_OK;
}
