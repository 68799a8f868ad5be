/* SPDX-License-Identifier: MIT
 * golden_next_model.c - a model out of recorded parameters. */
#include "nn/golden_next_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nn/mamba_internal.h"

kr_mamba *kr_golden_next_model(kr_golden *golden, int64_t max_horizon) {
    const kr_next_model_config config = {.n_features = 5,
                                         .d_model = 16,
                                         .n_layers = 3,
                                         .d_ff = 32,
                                         .max_horizon = max_horizon,
                                         .mamba = {8, 4, 2}};
    kr_mamba *m = NULL;
    kr_error err = {.text = ""};
    if (kr__mamba_create(&config, false, &m, &err) != KR_OK) fail_msg("%s", err.text);
    for (int i = 0; i < m->params.count; i++) {
        const kr_param *p = &m->params.list[i];
        char name[KR_NAME_SIZE + 2];
        snprintf(name, sizeof name, "p/%s", p->name);
        memcpy(m->params.values + p->offset, kr_golden_real(golden, name, NULL),
               (size_t)p->size * sizeof(kr_real));
    }
    return m;
}
