/* SPDX-License-Identifier: MIT
 * schedule.c - learning rates by epoch, and early stopping. */
#include "train/schedule.h"

#include <math.h>
#include <string.h>

/* Each gives the rate after `done` finished epochs, done >= 1. */
static double halve(const kr_schedule *s, int64_t done) {
    return s->base * pow(0.5, (double)(done - 1));
}

static double decay_after_three(const kr_schedule *s, int64_t done) {
    return done < 3 ? s->base : s->base * pow(0.9, (double)(done - 3));
}

static double cosine(const kr_schedule *s, int64_t done) {
    const double pi = 3.14159265358979323846;
    return s->base / 2 * (1 + cos((double)done / (double)s->epochs * pi));
}

/* The original's list: it ignores the base rate once the first entry is reached. */
static double stairs(const kr_schedule *s, int64_t done) {
    static const struct {
        int64_t done;
        double rate;
    } steps[] = {{2, 5e-5}, {4, 1e-5}, {6, 5e-6}, {8, 1e-6}, {10, 5e-7}, {15, 1e-7}, {20, 5e-8}};
    double rate = s->base;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (done >= steps[i].done) rate = steps[i].rate;
    }
    return rate;
}

static double constant(const kr_schedule *s, int64_t done) {
    (void)done;
    return s->base;
}

/* For epoch 0, 1, ..: it has its own rise. */
static double warmup_cosine(const kr_schedule *s, int64_t epoch) {
    const double pi = 3.14159265358979323846;
    int64_t w = s->warmup_epochs, length = s->epochs - w;
    if (epoch < w) return s->base * (0.01 + 0.99 * (double)epoch / (double)w);
    if (length <= 0) return s->base;
    double turn = cos(pi * (double)(epoch - w) / (double)length);
    return s->floor + (s->base - s->floor) * (1 + turn) / 2;
}

static const struct {
    const char *kind;
    double (*rate)(const kr_schedule *s, int64_t done);
    bool rises_itself;
} kinds[] = {{"type1", halve, false},
             {"type2", stairs, false},
             {"type3", decay_after_three, false},
             {"cosine", cosine, false},
             {"constant", constant, false},
             {"warmup_cosine", warmup_cosine, true}};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static int find(const char *kind) {
    for (int i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].kind, kind) == 0) return i;
    }
    return -1;
}

bool kr__schedule_exists(const char *kind) { return find(kind) >= 0; }

double kr__schedule_rate(const kr_schedule *schedule, int64_t epoch) {
    int64_t w = schedule->warmup_epochs;
    int i = find(schedule->kind);
    if (i >= 0 && kinds[i].rises_itself) return kinds[i].rate(schedule, epoch - 1);
    if (epoch <= w) return schedule->base * (double)epoch / (double)(w + 1);
    int64_t done = epoch - w - 1;
    return done == 0 || i < 0 ? schedule->base : kinds[i].rate(schedule, done);
}

bool kr__early_stop_update(kr_early_stop *stop, double loss) {
    bool is_better = isfinite(loss) && (!stop->has_best || loss < stop->best ||
                                        (loss == stop->best && !stop->is_strict));
    if (is_better) {
        stop->best = loss;
        stop->has_best = true;
        stop->counter = 0;
        return true;
    }
    stop->counter++;
    stop->must_stop = stop->patience > 0 && stop->counter >= stop->patience;
    return false;
}
