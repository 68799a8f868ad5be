/* SPDX-License-Identifier: MIT
 * series_internal.h - what a series and a synthetic one are made of. */
#ifndef KR_SERIES_INTERNAL_H
#define KR_SERIES_INTERNAL_H

#include <kr/series.h>

#include "core/arena.h"
#include "nextstep/nextstep_config.h"

struct kr_series {
    int64_t n_steps, n_features;
    const float *values;   /* or exact; those of the caller, or owned_values */
    const int64_t *states; /* of the caller, or owned_states; NULL: not known */
    float *owned_values;
    double *exact;
    int64_t *owned_states;
    int64_t n_states;
    int64_t *periods; /* n_periods; NULL: not known */
    int64_t n_periods;
    char **names;    /* n_features; NULL: they have none */
    bool has_header; /* its table, from which the names are; else they are c1, c2, .. */
    char *reading;   /* how its table was read (kr__reading_text()); NULL: it is none */
    kr_arena arena;  /* holds these */
    char path[1040];
};

/* series_share.c: a series of the first of some ranks becomes that of all; elsewhere *series is NULL
 * before. Without ranks nothing is done. KR_MEMORY. */
kr_status kr__series_share(const kr_team *team, kr_series **series, kr_error *err);

struct kr_synth {
    kr_synth_config config;
    int64_t n_steps, n_circles, ambient_dim;
    double *X, *thetas, *transitions, *radii, *entry_angles, *planes;
    int64_t *states, *periods;
};

#endif
