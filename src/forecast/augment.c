/* SPDX-License-Identifier: MIT
 * augment.c - random changes of a series, each from x to y. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/random.h"
#include "forecast/augment.h"
#include "forecast/spline.h"

typedef struct job {
    int64_t rows, channels;
    const float *x; /* (rows, channels) */
    float *y;       /* (rows, channels) */
    kr_rng rng;     /* this change's own */
    double *factor; /* (channels) scratch */
    int64_t *order; /* (channels) scratch */
} job;

static double draw_normal(job *j, double mean, double deviation) {
    return mean + deviation * kr__rng_normal(&j->rng);
}

/* ---- values ----------------------------------------------------------------------------- */

static void jitter(job *j) {
    for (int64_t i = 0; i < j->rows * j->channels; i++) {
        j->y[i] = (float)((double)j->x[i] + draw_normal(j, 0, 0.03));
    }
}

/* y's channel c = factor[c] * x's channel order[c]. */
static void combine_channels(job *j) {
    for (int64_t row = 0; row < j->rows; row++) {
        const float *x = j->x + row * j->channels;
        float *y = j->y + row * j->channels;
        for (int64_t c = 0; c < j->channels; c++) {
            y[c] = (float)(j->factor[c] * (double)x[j->order[c]]);
        }
    }
}

static void scaling(job *j) {
    for (int64_t c = 0; c < j->channels; c++) {
        j->factor[c] = draw_normal(j, 1, 0.1);
        j->order[c] = c;
    }
    combine_channels(j);
}

static void rotation(job *j) {
    for (int64_t c = 0; c < j->channels; c++) {
        j->factor[c] = kr__rng_below(&j->rng, 2) ? 1 : -1;
        j->order[c] = c;
    }
    kr__rng_shuffle(&j->rng, j->order, j->channels);
    combine_channels(j);
}

/* ---- order of time ---------------------------------------------------------------------- */

enum { MAX_PIECES = 4 };

/* Piece i of x is rows cut[i] .. cut[i + 1]. */
static void shuffle_pieces(job *j, int64_t n_pieces, const int64_t cut[MAX_PIECES + 1]) {
    int64_t order[MAX_PIECES] = {0, 1, 2, 3};
    size_t row_size = (size_t)j->channels * sizeof *j->x;
    float *y = j->y;
    kr__rng_shuffle(&j->rng, order, n_pieces);
    for (int64_t i = 0; i < n_pieces; i++) {
        int64_t first = cut[order[i]], n = cut[order[i] + 1] - first;
        memcpy(y, j->x + first * j->channels, (size_t)n * row_size);
        y += n * j->channels;
    }
}

/* Equal pieces; when the rows do not divide evenly, the first pieces have a row more. */
static void permutation(job *j) {
    int64_t cut[MAX_PIECES + 1] = {0};
    int64_t n_pieces = 1 + (int64_t)kr__rng_below(&j->rng, MAX_PIECES);
    for (int64_t i = 0; i < n_pieces; i++) {
        cut[i + 1] = cut[i] + j->rows / n_pieces + (i < j->rows % n_pieces);
    }
    shuffle_pieces(j, n_pieces, cut);
}

static bool contains(const int64_t *values, int64_t n, int64_t value) {
    for (int64_t i = 0; i < n; i++) {
        if (values[i] == value) return true;
    }
    return false;
}

static void randompermutation(job *j) {
    int64_t cut[MAX_PIECES + 1] = {0};
    int64_t n_pieces = 1 + (int64_t)kr__rng_below(&j->rng, MAX_PIECES);
    for (int64_t n = 1; n < n_pieces;) {
        int64_t row = 1 + (int64_t)kr__rng_below(&j->rng, (uint64_t)j->rows - 1), at = n;
        if (contains(cut, n, row)) continue;
        for (; cut[at - 1] > row; at--) cut[at] = cut[at - 1];
        cut[at] = row;
        n++;
    }
    cut[n_pieces] = j->rows;
    shuffle_pieces(j, n_pieces, cut);
}

/* ---- smooth curves ---------------------------------------------------------------------- */

/* Knots are evenly spaced from the first row to the last. */
static double knot_of_row(const job *j, int64_t row) {
    return (double)row * (KR__SPLINE_KNOTS - 1) / (double)(j->rows - 1);
}

static void magwarp(job *j) {
    for (int64_t c = 0; c < j->channels; c++) {
        double knots[KR__SPLINE_KNOTS];
        kr__spline curve;
        for (int k = 0; k < KR__SPLINE_KNOTS; k++) knots[k] = draw_normal(j, 1, 0.2);
        kr__spline_fit(&curve, knots);
        for (int64_t row = 0; row < j->rows; row++) {
            int64_t i = row * j->channels + c;
            j->y[i] = (float)((double)j->x[i] * kr__spline_at(&curve, knot_of_row(j, row)));
        }
    }
}

/* Row r of x happens at time curve(r): a spline through knot * normal(1, 0.2), scaled to end where
 * time ends. */
static void draw_clock(job *j, kr__spline *curve) {
    double knots[KR__SPLINE_KNOTS];
    for (int k = 0; k < KR__SPLINE_KNOTS; k++) {
        double factor = draw_normal(j, 1, 0.2);
        knots[k] = k * (factor < 0.1 ? 0.1 : factor);
    }
    double scale = (KR__SPLINE_KNOTS - 1) / knots[KR__SPLINE_KNOTS - 1];
    for (int k = 0; k < KR__SPLINE_KNOTS; k++) knots[k] *= scale;
    kr__spline_fit(curve, knots);
}

static double time_of_row(const job *j, const kr__spline *curve, int64_t row) {
    const double end = KR__SPLINE_KNOTS - 1;
    double time = kr__spline_at(curve, knot_of_row(j, row));
    return time < 0 ? 0 : time > end ? end : time;
}

/* x is linear between its rows. Rows r and r + 1 are the first between whose times `now` lies. */
static void warp_channel(job *j, const kr__spline *curve, int64_t c) {
    int64_t r = 0;
    double before = time_of_row(j, curve, 0), after = time_of_row(j, curve, 1);
    for (int64_t row = 0; row < j->rows; row++) {
        double now = knot_of_row(j, row);
        while (after <= now && r < j->rows - 2) {
            r++;
            before = after;
            after = time_of_row(j, curve, r + 1);
        }
        double share = after > now ? (now - before) / (after - before) : 1;
        double left = (double)j->x[r * j->channels + c];
        double right = (double)j->x[(r + 1) * j->channels + c];
        j->y[row * j->channels + c] = (float)(left + share * (right - left));
    }
}

static void timewarp(job *j) {
    for (int64_t c = 0; c < j->channels; c++) {
        kr__spline curve;
        draw_clock(j, &curve);
        warp_channel(j, &curve, c);
    }
}

/* ---- windows ---------------------------------------------------------------------------- */

/* Channel c of x at a place between its rows. */
static double value_at(const job *j, double place, int64_t c) {
    int64_t row = (int64_t)place;
    if (row > j->rows - 2) row = j->rows - 2;
    double left = (double)j->x[row * j->channels + c];
    double right = (double)j->x[(row + 1) * j->channels + c];
    return left + (place - (double)row) * (right - left);
}

static int64_t part_of_rows(const job *j, int64_t tenths) { return (tenths * j->rows + 9) / 10; }

static void windowslice(job *j) {
    int64_t n = part_of_rows(j, 9);
    int64_t first = (int64_t)kr__rng_below(&j->rng, (uint64_t)(j->rows - n) + 1);
    for (int64_t row = 0; row < j->rows; row++) {
        double place = (double)first + (double)row * (double)(n - 1) / (double)(j->rows - 1);
        for (int64_t c = 0; c < j->channels; c++) {
            j->y[row * j->channels + c] = (float)value_at(j, place, c);
        }
    }
}

/* A time axis on which rows first .. first + n - 1 of x take n_new steps. */
typedef struct warped_axis {
    int64_t first, n, n_new;
} warped_axis;

/* The place in x of step `step` of the axis. */
static double place_of_step(const warped_axis *a, int64_t step) {
    if (step < a->first) return (double)step;
    if (step >= a->first + a->n_new) return (double)(step - a->n_new + a->n);
    double share = a->n_new > 1 ? (double)(step - a->first) / (double)(a->n_new - 1) : 0;
    return (double)a->first + share * (double)(a->n - 1);
}

static void windowwarp(job *j) {
    warped_axis a = {.n = part_of_rows(j, 1)};
    a.n_new = kr__rng_below(&j->rng, 2) ? 2 * a.n : a.n / 2;
    a.first = 1 + (int64_t)kr__rng_below(&j->rng, (uint64_t)(j->rows - a.n - 2));
    int64_t n_steps = j->rows - a.n + a.n_new;
    for (int64_t row = 0; row < j->rows; row++) {
        double at = (double)row * (double)(n_steps - 1) / (double)(j->rows - 1);
        int64_t step = (int64_t)at < n_steps - 1 ? (int64_t)at : n_steps - 2;
        double before = place_of_step(&a, step), after = place_of_step(&a, step + 1);
        for (int64_t c = 0; c < j->channels; c++) {
            double left = value_at(j, before, c), right = value_at(j, after, c);
            double value = left + (at - (double)step) * (right - left);
            j->y[row * j->channels + c] = (float)value;
        }
    }
}

/* ---- all together ----------------------------------------------------------------------- */

typedef struct change {
    bool is_wanted;
    void (*apply)(job *j);
} change;

enum { N_CHANGES = 9 };

static int list_changes(const kr_augment_options *o, change changes[N_CHANGES]) {
    const change all[N_CHANGES] = {
        {o->jitter, jitter},
        {o->scaling, scaling},
        {o->rotation, rotation},
        {o->permutation, permutation},
        {o->randompermutation, randompermutation},
        {o->magwarp, magwarp},
        {o->timewarp, timewarp},
        {o->windowslice, windowslice},
        {o->windowwarp, windowwarp},
    };
    int n_wanted = 0;
    memcpy(changes, all, sizeof all);
    for (int i = 0; i < N_CHANGES; i++) n_wanted += o->ratio > 0 && all[i].is_wanted;
    return n_wanted;
}

/* The series moves back and forth between out and other, and ends up in out. */
static void apply_changes(const kr_augment_options *options, const change changes[N_CHANGES],
                          job *j, float *out, float *other) {
    size_t size = (size_t)(j->rows * j->channels) * sizeof(float);
    float *now = out, *next = other;
    for (int i = 0; i < N_CHANGES; i++) {
        if (!changes[i].is_wanted) continue;
        j->x = now;
        j->y = next;
        uint64_t substream = (uint64_t)options->ratio * N_CHANGES + (uint64_t)i;
        j->rng = kr__rng_make(options->seed, KR_STREAM_AUGMENT, substream);
        changes[i].apply(j);
        next = now;
        now = j->y;
    }
    if (now != out) memcpy(out, now, size);
}

kr_status kr__augment(const kr_augment_options *options, int64_t rows, int64_t channels,
                      const float *in, float *out, kr_error *err) {
    change changes[N_CHANGES];
    int n_wanted = list_changes(options, changes);
    if (n_wanted > 0 && rows < KR_AUGMENT_MIN_ROWS) {
        return kr_fail(err, KR_SHAPE,
                       "augmentation needs %d training rows or more, not %" PRId64
                       "; use `augmentation_ratio` 0",
                       KR_AUGMENT_MIN_ROWS, rows);
    }
    memcpy(out, in, (size_t)(rows * channels) * sizeof *out);
    if (n_wanted == 0) return KR_OK;
    kr_arena arena = {0};
    kr_status status = KR_OK;
    job j = {.rows = rows, .channels = channels};
    float *other = kr__arena_alloc(&arena, (size_t)(rows * channels), sizeof *other);
    j.factor = kr__arena_alloc(&arena, (size_t)channels, sizeof *j.factor);
    j.order = kr__arena_alloc(&arena, (size_t)channels, sizeof *j.order);
    if (other && j.factor && j.order) {
        apply_changes(options, changes, &j, out, other);
    } else {
        status = kr_fail(err, KR_MEMORY, "no memory to augment the training rows");
    }
    kr__arena_deinit(&arena);
    return status;
}
