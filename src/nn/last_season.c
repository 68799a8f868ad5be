/* SPDX-License-Identifier: MIT
 * last_season.c - SeasonalNaive: repeats the window's last season. */
#include "nn/model.h"
#include "nn/model_parts.h"

static kr_status check(const kr__model_config *c, kr_error *err) {
    if (c->season <= c->seq_len) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "`season` %jd is longer than `seq_len` %jd, which must hold one period; "
                   "use `seq_len` %jd or more",
                   (intmax_t)c->season, (intmax_t)c->seq_len, (intmax_t)c->season);
}

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    return kr__repeat_period(b, c, in, c->season);
}

const kr__model_kind kr__model_last_season = {.build = build, .check = check, .uses = "season"};
