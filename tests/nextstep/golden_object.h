/* SPDX-License-Identifier: MIT
 * golden_object.h - the small recorded next-step model as an object. */
#ifndef KR_GOLDEN_OBJECT_H
#define KR_GOLDEN_OBJECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/flags.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"
#include "nn/golden_nextstep.h"
#include "support/settings_of.h"
#include "support/workers.h"

/* Five features, three layers of 16; parameters are those of golden (p/NAME). */
static inline kr_nextstep *golden_object(kr_golden *golden, int64_t max_horizon) {
    kr_nextstep_config config;
    kr_nextstep *model = NULL;
    kr_error err = {.text = ""};
    kr__flags_init(kr__nextstep_flags(), &config);
    config.d_model = 16;
    config.n_layers = 3;
    config.d_ff = 32;
    config.max_horizon = max_horizon;
    config.d_state = 8;
    kr_settings *settings = NEXTSTEP_SETTINGS(&config);
    kr_status status = kr_nextstep_create(test_team, settings, 5, &model, &err);
    kr_settings_destroy(settings);
    if (status != KR_OK) fail_msg("%s", err.text);
    kr_golden_set_parameters(golden, model->stack);
    return model;
}

#endif
