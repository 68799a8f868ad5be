/* SPDX-License-Identifier: MIT
 * params.c - the parameter table. */
#include "nn/params.h"
#include "core/arena.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/random.h"
#include "core/real.h"

enum { ALIGN_ELEMENTS = KR_ALIGN / sizeof(kr_real) };

kr_init kr__init_fan_in(int64_t fan_in) {
    return (kr_init){KR_INIT_UNIFORM, 1.0 / sqrt((double)fan_in)};
}

void kr__params_deinit(kr_params *params) {
    kr_free(params->values);
    kr__arena_deinit(&params->arena);
    *params = (kr_params){0};
}

const kr_param *kr__params_find(const kr_params *params, const char *name) {
    for (int i = 0; i < params->count; i++) {
        if (strcmp(params->list[i].name, name) == 0) return &params->list[i];
    }
    return NULL;
}

int64_t kr__params_count(const kr_params *params) {
    int64_t n = 0;
    for (int i = 0; i < params->count; i++) n += params->list[i].size;
    return n;
}

/* ---- adding ----------------------------------------------------------------------------- */

static kr_param *add_entry(kr_params *params, const char *name) {
    if (params->count == params->capacity) {
        int capacity = params->capacity ? 2 * params->capacity : 64;
        kr_param *list = kr__arena_alloc(&params->arena, (size_t)capacity, sizeof *list);
        if (!list) return NULL;
        if (params->count) memcpy(list, params->list, (size_t)params->count * sizeof *list);
        params->list = list;
        params->capacity = capacity;
    }
    kr_param *p = &params->list[params->count];
    p->name = kr__arena_strdup(&params->arena, name);
    if (!p->name) return NULL;
    params->count++;
    return p;
}

static const kr_param *add(kr_params *params, kr_plan *plan, kr_init init, const kr_tensor *t,
                           const char *name) {
    if (params->values) {
        kr__plan_fail(plan, KR_SHAPE, "parameter %s is not part of this model", name);
        return NULL;
    }
    kr_param *p = add_entry(params, name);
    if (!p) {
        kr__plan_fail(plan, KR_MEMORY, "out of memory for parameter %s", name);
        return NULL;
    }
    p->rank = t->rank;
    memcpy(p->shape, t->shape, sizeof p->shape);
    p->size = kr__tensor_size(t);
    p->offset = params->size;
    p->init = init;
    params->size += (p->size + ALIGN_ELEMENTS - 1) / ALIGN_ELEMENTS * ALIGN_ELEMENTS;
    return p;
}

kr_tensor kr__params_get(kr_params *params, kr_plan *plan, kr_init init, int rank,
                         const int64_t *shape, const char *name) {
    kr_tensor t = kr__tensor_make(rank, shape);
    const kr_param *p = kr__params_find(params, name);
    if (!p) p = add(params, plan, init, &t, name);
    if (!p) return ((kr_tensor){0});
    if (p->rank != rank || memcmp(p->shape, t.shape, (size_t)rank * sizeof *shape) != 0) {
        char text[KR_SHAPE_TEXT];
        kr__plan_fail(plan, KR_SHAPE, "parameter %s has another shape than %s", name,
                      kr__shape_text(&t, text));
        return ((kr_tensor){0});
    }
    t.space = KR_SPACE_PARAM;
    t.buffer = (int32_t)(p - params->list);
    t.offset = t.grad_offset = p->offset;
    return t;
}

/* ---- values ----------------------------------------------------------------------------- */

kr_status kr__params_allocate(kr_params *params, kr_error *err) {
    assert(!params->values);
    params->values = kr__calloc((size_t)params->size, sizeof *params->values);
    if (params->values) return KR_OK;
    return kr_fail(err, KR_MEMORY, "no memory for %lld parameters; choose a smaller model",
                   (long long)params->size);
}

static double invert_softplus(double y) { return y + log(-expm1(-y)); }

static void fill(const kr_param *p, kr_rng rng, kr_real *x) {
    int64_t last = p->rank > 0 ? p->shape[p->rank - 1] : 1;
    for (int64_t i = 0; i < p->size; i++) {
        switch (p->init.kind) {
            case KR_INIT_ZEROS:
                x[i] = 0;
                break;
            case KR_INIT_ONES:
                x[i] = 1;
                break;
            case KR_INIT_CONSTANT:
                x[i] = (kr_real)p->init.scale;
                break;
            case KR_INIT_UNIFORM:
                x[i] = (kr_real)(p->init.scale * (2 * kr__rng_uniform(&rng) - 1));
                break;
            case KR_INIT_NORMAL:
                x[i] = (kr_real)(p->init.scale * kr__rng_normal(&rng));
                break;
            case KR_INIT_A_LOG:
                x[i] = (kr_real)log((double)(i % last + 1));
                break;
            case KR_INIT_DT:
                x[i] = (kr_real)invert_softplus(p->init.scale *
                                                pow(10, 2 * kr__rng_uniform(&rng) - 1));
                break;
        }
    }
}

void kr__params_initialise(kr_params *params, uint64_t seed) {
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        fill(p, kr__rng_make(seed, KR_STREAM_INIT, (uint64_t)i), params->values + p->offset);
    }
}
