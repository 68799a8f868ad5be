/* SPDX-License-Identifier: MIT
 * zeroshot.c - a zero-shot model as an object: made, looked at, destroyed. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/sized_struct.h"
#include "zeroshot/zeroshot_internal.h"

/* A plan that is made only for the table of parameters. */
static kr_status list_parameters(kr_zeroshot *m, kr_error *err) {
    kr__zeroshot_config config = kr__zeroshot_shape(&m->settings);
    const kr_objective objective = kr__zeroshot_objective(&config);
    kr_plan *plan = NULL;
    kr_ends ends = {.y = KR_NONE};
    KR_TRY(kr__plan_create(&kr_backend_cpu, 1, false, &plan, err));
    kr_builder b = {plan, &m->params};
    objective.build(&config, &b, 1, false, &ends);
    kr__plan_output(plan, ends.y);
    kr_status status = kr__plan_finish(plan, err);
    kr__plan_destroy(plan);
    return status;
}

kr_status kr__zeroshot_make(kr_team *team, const kr_zeroshot_settings *settings,
                            int64_t most_values, kr_zeroshot **out, kr_error *err) {
    kr_zeroshot *m = kr__calloc(1, sizeof *m);
    if (!m) return kr_fail(err, KR_MEMORY, "out of memory for the model");
    m->team = team;
    m->settings = *settings;
    kr_status status = list_parameters(m, err);
    if (status == KR_OK && kr__params_count(&m->params) > most_values) {
        status = kr_fail(err, KR_SHAPE, "the model has more than %" PRId64 " values", most_values);
    }
    if (status == KR_OK) status = kr__params_allocate(&m->params, err);
    if (status == KR_OK) {
        *out = m;
    } else {
        kr_zeroshot_destroy(m);
    }
    return status;
}

void kr_zeroshot_destroy(kr_zeroshot *model) {
    if (!model) return;
    kr__engine_destroy(model->engine);
    kr__params_deinit(&model->params);
    kr_free(model);
}

void kr_zeroshot_look(const kr_zeroshot *model, kr_zeroshot_info *out) {
    const kr_zeroshot_info info = {.n_parameters = kr__params_count(&model->params),
                                   .n_series = model->n_series,
                                   .longest = model->settings.n_tokens * KR__PATCH};
    kr__sized_give(&info, sizeof info, out);
}

void kr__zeroshot_copy_values(const kr_params *from, kr_params *to) {
    for (int i = 0; i < to->count; i++) {
        const kr_param *p = &to->list[i], *q = kr__params_find(from, p->name);
        memcpy(to->values + p->offset, from->values + q->offset,
               (size_t)p->size * sizeof *to->values);
    }
}
