/* SPDX-License-Identifier: MIT
 * own_series.c - series that somebody has, from which samples of a training are cut. */
#include "zeroshot/own_series.h"

#include <math.h>
#include <string.h>

#include <zlib.h>

#include "core/arena.h"
#include "zeroshot/zeroshot_internal.h"

enum { FEWEST = 10 };

/* ---- copies ------------------------------------------------------------------------------- */

static bool is_enough(const kr_zeroshot_series *s) {
    int64_t n_known = 0;
    for (int64_t t = 0; t < s->n && n_known < FEWEST; t++) n_known += !isnan(s->values[t]);
    return n_known >= FEWEST;
}

static kr_status copy(const kr_zeroshot_series *s, double held, kr__own_one *out, kr_error *err) {
    out->values = kr__calloc((size_t)s->n, sizeof *out->values);
    if (!out->values) return kr_fail(err, KR_MEMORY, "out of memory for the series");
    memcpy(out->values, s->values, (size_t)s->n * sizeof *out->values);
    out->n = s->n;
    out->n_held = (int64_t)ceil(held * (double)s->n);
    kr__zeroshot_find_seasons(s, out->season);
    return KR_OK;
}

static kr_status copy_all(const kr_zeroshot_series *given, int64_t n, double held,
                          kr__own_series *out, kr_error *err) {
    for (int64_t i = 0; i < n; i++) {
        KR_TRY(kr__zeroshot_check_series(&given[i], i, err));
        if (is_enough(&given[i])) KR_TRY(copy(&given[i], held, &out->list[out->n++], err));
    }
    if (out->n > 0) return KR_OK;
    return kr_fail(err, KR_USAGE, "no series has %d values to learn from; leave `data` out",
                   FEWEST);
}

kr_status kr__own_series_init(const kr_zeroshot_series *given, int64_t n, double held, double share,
                              kr__own_series *out, kr_error *err) {
    *out = (kr__own_series){.share = share};
    if (n == 0) return KR_OK;
    out->list = kr__calloc((size_t)n, sizeof *out->list);
    if (!out->list) return kr_fail(err, KR_MEMORY, "out of memory for the series");
    return copy_all(given, n, held, out, err);
}

void kr__own_series_deinit(kr__own_series *own) {
    for (int64_t i = 0; i < own->n; i++) kr_free(own->list[i].values);
    kr_free(own->list);
    *own = (kr__own_series){.n = 0};
}

uint64_t kr__own_series_check(const kr__own_series *own) {
    uLong sum = crc32(0, NULL, 0);
    for (int64_t i = 0; i < own->n; i++) {
        const kr__own_one *one = &own->list[i];
        sum = crc32(sum, (const Bytef *)one->season, sizeof one->season);
        sum = crc32_z(sum, (const Bytef *)one->values, (size_t)one->n * sizeof *one->values);
    }
    return own->n > 0 ? sum : 0;
}

/* ---- windows ------------------------------------------------------------------------------ */

const kr__own_one *kr__own_series_choose(const kr__own_series *own, kr_rng *rng) {
    if (own->n == 0 || kr__rng_uniform(rng) >= own->share) return NULL;
    return &own->list[kr__rng_below(rng, (uint64_t)own->n)];
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void kr__own_window(const kr__own_one *one, kr_rng *rng, bool is_held, int64_t n_past,
                    int64_t n_ahead, kr__zeroshot_series *out) {
    int64_t n = one->n - one->n_held, first_held = n, end;
    if (is_held) {
        end = n + (int64_t)kr__rng_below(rng, (uint64_t)one->n_held);
        n = one->n;
        n_past = smaller(n_past, end);
    } else {
        n_past = smaller(n_past, n - 1);
        end = n_past + (int64_t)kr__rng_below(rng, (uint64_t)(n - n_past));
    }
    out->values = one->values + end - n_past;
    out->n_past = n_past;
    out->n_ahead = smaller(n_ahead, n - end);
    out->first_target = is_held ? first_held - (end - n_past) : 0;
    memcpy(out->season, one->season, sizeof out->season);
}
