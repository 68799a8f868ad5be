/* SPDX-License-Identifier: MIT
 * golden_nextstep.c - a model out of recorded parameters. */
#include "nn/golden_nextstep.h"
#include "core/real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nn/mamba_stack.h"

void kr_golden_set_parameters(kr_golden *golden, kr__stack *m) {
    for (int i = 0; i < m->params.count; i++) {
        const kr_param *p = &m->params.list[i];
        char name[KR_NAME_SIZE + 2];
        snprintf(name, sizeof name, "p/%s", p->name);
        memcpy(m->params.values + p->offset, kr_golden_real(golden, name, NULL),
               (size_t)p->size * sizeof(kr_real));
    }
}

kr__stack *kr_golden_nextstep(kr_golden *golden, int64_t max_horizon) {
    const kr__nextstep_model_config config = {.n_features = 5,
                                              .d_model = 16,
                                              .n_layers = 3,
                                              .d_ff = 32,
                                              .max_horizon = max_horizon,
                                              .mamba = {8, 4, 2, 0}};
    kr__stack *m = NULL;
    kr_error err = {.text = ""};
    if (kr__stack_create(&config, &m, &err) != KR_OK) fail_msg("%s", err.text);
    kr_golden_set_parameters(golden, m);
    return m;
}
