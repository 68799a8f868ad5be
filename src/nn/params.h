/* SPDX-License-Identifier: MIT
 * params.h - the one table of a model's parameters: name, shape, initial value, place.
 *
 * All parameters lie in one aligned vector; gradients and the optimiser's moments have the same
 * layout. The table drives allocation, initialisation, optimiser, checkpoint and printout.
 * Names are those of the originals' state_dict. */
#ifndef KR_PARAMS_H
#define KR_PARAMS_H

#include <kr/base.h>

#include "core/arena.h"
#include "core/real.h"
#include "tensor/plan.h"

typedef enum kr_init_kind {
    KR_INIT_ZEROS,
    KR_INIT_ONES,
    KR_INIT_CONSTANT, /* scale */
    KR_INIT_UNIFORM,  /* in [-scale, scale] */
    KR_INIT_NORMAL,   /* standard deviation scale */
    KR_INIT_A_LOG,    /* log(1), log(2), .. log(d_state) in every row */
    KR_INIT_DT /* softplus of it lies between scale / 10 and 10 scale, evenly on a logarithmic
                  scale; Mamba's original has 0.01 */
} kr_init_kind;

typedef struct kr_init {
    kr_init_kind kind;
    double scale;
} kr_init;

/* PyTorch's default for linear and convolution layers: uniform in +-1 / sqrt(fan_in). */
kr_init kr__init_fan_in(int64_t fan_in);

typedef struct kr_param {
    const char *name;
    int rank;
    int64_t shape[KR_MAX_RANK];
    int64_t offset, size; /* elements in the vector */
    kr_init init;
} kr_param;

typedef struct kr_params {
    kr_arena arena;
    kr_param *list;
    int count, capacity;
    int64_t size;    /* elements of the vector, padding included */
    kr_real *values; /* NULL until kr__params_allocate() */
} kr_params;

/* An all-zero kr_params is valid and empty. */
void kr__params_deinit(kr_params *params);

/* The parameter of that name as a tensor for plan; a new one is added, which is possible until the
 * vector is allocated. A second plan of the same model finds the parameters of the first. */
kr_tensor kr__params_get(kr_params *params, kr_plan *plan, kr_init init, int rank,
                         const int64_t *shape, const char *name);

/* The entry, or NULL. */
const kr_param *kr__params_find(const kr_params *params, const char *name);

/* Number of parameter values, without padding. */
int64_t kr__params_count(const kr_params *params);

/* Make the vector and fill it; values depend on seed and the parameter's place in the table. */
kr_status kr__params_allocate(kr_params *params, kr_error *err);
void kr__params_initialise(kr_params *params, uint64_t seed);

#endif
