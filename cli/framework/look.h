/* SPDX-License-Identifier: MIT
 * look.h - what commands that look inside a model do alike: choose steps of its series, collect
 * what layers hold there. */
#ifndef KRAIT_LOOK_H
#define KRAIT_LOOK_H

#include <stdio.h>

#include <kr/nextstep.h>
#include <kr/series.h>

#include "core/pcg64.h"

typedef struct look {
    const kr_nextstep *model;
    const kr_series *series;
    int64_t window; /* steps of a window; 0: one pass */
    FILE *out;      /* of what is said; NULL: nothing */
} look;

/* Steps that are seen. */
int64_t look_steps(const look *l);
/* "Data: 4000 steps × 20D, 10 circles" */
void look_print_data(const look *l);
/* "Extracting WHAT: 62 windows × 64 steps = 3968 / 4000 time steps" */
void look_print_steps(const look *l, const char *what);

/* Numbers below n, `most` of them or all, rising, as numpy's choice draws them: *rows is to be
 * freed with kr_free. */
kr_status look_choose(kr_pcg64 *rng, int64_t n, int64_t most, int64_t **rows, int64_t *n_rows,
                      kr_error *err);

kr_status look_collect(const look *l, int64_t n_rows, const int64_t *rows, int64_t n_wants,
                       const kr_inside_want *wants, kr_error *err);

#endif
