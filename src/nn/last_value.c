/* SPDX-License-Identifier: MIT
 * last_value.c - Naive: every step of the forecast is the window's last value. */
#include "nn/forecaster.h"
#include "nn/forecaster_parts.h"

static kr_tensor build(kr_builder *b, const kr_forecaster_config *c, const kr_forecaster_in *in) {
    return kr__repeat_period(b, c, in, 1);
}

const kr_forecaster_kind kr__forecaster_last_value = {.build = build};
