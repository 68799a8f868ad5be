/* SPDX-License-Identifier: MIT
 * series_share.c - a series that the first of some ranks has read, for all of them. */
#include "core/rank_parcel.h"
#include "nextstep/series_internal.h"

static void make_parcel(kr__parcel *p, void *arg) {
    kr_series *s = arg;
    float *values = (float *)(uintptr_t)s->values;
    int64_t *states = (int64_t *)(uintptr_t)s->states;
    kr__parcel_int(p, &s->n_steps);
    kr__parcel_int(p, &s->n_features);
    kr__parcel_int(p, &s->n_states);
    kr__parcel_int(p, &s->n_periods);
    kr__parcel_array(p, &values, s->n_steps * s->n_features, sizeof *values, true);
    kr__parcel_array(p, &s->exact, s->n_steps * s->n_features, sizeof *s->exact, true);
    kr__parcel_array(p, &states, s->n_steps, sizeof *states, true);
    if (!p->packs) {
        s->values = s->owned_values = values;
        s->states = s->owned_states = states;
    }
    kr__parcel_array(p, &s->periods, s->n_periods, sizeof *s->periods, true);
    kr__parcel_texts(p, &s->names, s->n_features);
    kr__parcel_bool(p, &s->has_header);
    kr__parcel_text(p, &s->reading);
    kr__parcel_bytes(p, s->path, sizeof s->path);
}

kr_status kr__series_share(const kr_team *team, kr_series **series, kr_error *err) {
    if (!*series) *series = kr__calloc(1, sizeof **series);
    if (!*series) return kr_fail(err, KR_MEMORY, "out of memory for the series");
    return kr__parcel_share(team, make_parcel, *series, &(*series)->arena, err);
}
