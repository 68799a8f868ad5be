/* SPDX-License-Identifier: MIT
 * last_value.c - Naive: every step of the forecast is the window's last value. */
#include "nn/model.h"
#include "nn/model_parts.h"

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    return kr__repeat_period(b, c, in, 1);
}

const kr__model_kind kr__model_last_value = {.build = build};
