/* SPDX-License-Identifier: MIT
 * forecast_models.c - what callers may ask about the models: names and traits. */

#include <string.h>

#include "forecast/forecast_config.h"
#include "nn/model.h"

const char *kr_forecast_model_name(int i) {
    const kr__model_row *row = kr__model_row_at(i);
    return row ? row->name : NULL;
}

bool kr_forecast_model_is(const char *name, kr_forecast_model_trait trait) {
    const kr__model_row *row = kr__model_find(name);
    if (!row) return false;
    switch (trait) {
        case KR_MODEL_LEARNS:
            return row->kind->learns;
        case KR_MODEL_HAS_STATE:
            return kr__model_uses(name, "d_state");
        case KR_MODEL_IN_FIT:
            return row->in_fit;
        case KR_MODEL_IN_BENCH:
            return row->in_bench;
        case KR_MODEL_BESIDE_REFIT:
            return row->beside_refit;
    }
    return false;
}

const char *kr_forecast_model_of(const char *parameter) {
    const kr__model_row *row;
    for (int i = 0; (row = kr__model_row_at(i)); i++) {
        if (row->kind->sign && strcmp(row->kind->sign, parameter) == 0) return row->name;
    }
    return NULL;
}
