/* SPDX-License-Identifier: MIT
 * forecaster.c - the list of forecasters, made of the rows of forecasters.inc. */
#include "nn/forecaster.h"

#include <string.h>

/* ---- the rows --------------------------------------------------------------------------- */

#define KR_FORECASTER(file, name, in_fit, in_bench, beside_refit)                                  \
    extern const kr_forecaster_kind kr__forecaster_##file;
#include "nn/forecasters.inc"
#undef KR_FORECASTER

#define IS_YES true
#define IS_NO false
#define KR_FORECASTER(file, name, in_fit, in_bench, beside_refit)                                  \
    {name, &kr__forecaster_##file, IS_##in_fit, IS_##in_bench, IS_##beside_refit},
static const kr_forecaster_row rows[] = {
#include "nn/forecasters.inc"
};
#undef KR_FORECASTER
enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* ---- lists of names, with a separator too many in front ----------------------------------- */

#define IF_YES(text) text
#define IF_NO(text)
const char kr__forecaster_names[] =
#define KR_FORECASTER(file, name, in_fit, in_bench, beside_refit) "|" name
#include "nn/forecasters.inc"
#undef KR_FORECASTER
    ;
const char kr__forecasters_in_fit[] =
#define KR_FORECASTER(file, name, in_fit, in_bench, beside_refit) IF_##in_fit("," name)
#include "nn/forecasters.inc"
#undef KR_FORECASTER
    ;
const char kr__forecasters_in_bench[] =
#define KR_FORECASTER(file, name, in_fit, in_bench, beside_refit) IF_##in_bench("," name)
#include "nn/forecasters.inc"
#undef KR_FORECASTER
    ;

/* ---- by number and name ------------------------------------------------------------------- */

const kr_forecaster_row *kr_forecaster_row_at(int i) {
    return i >= 0 && i < N_ROWS ? &rows[i] : NULL;
}

const kr_forecaster_row *kr_forecaster_find(const char *name) {
    for (int i = 0; i < N_ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    }
    return NULL;
}

bool kr_forecaster_learns(const char *model) {
    const kr_forecaster_row *row = kr_forecaster_find(model);
    return row && row->kind->learns;
}

kr_status kr_forecaster_check(const kr_forecaster_config *config, kr_error *err) {
    const kr_forecaster_row *row = kr_forecaster_find(config->model);
    if (!row) return kr_fail(err, KR_USAGE, "model %s is not known", config->model);
    return row->kind->check ? row->kind->check(config, err) : KR_OK;
}

int64_t kr_forecaster_rows(const kr_forecaster_config *config) {
    const kr_forecaster_row *row = kr_forecaster_find(config->model);
    return row && row->kind->rows ? row->kind->rows(config) : config->n_outputs;
}

kr_tensor kr_forecaster_build(kr_builder *b, const kr_forecaster_config *config,
                              const kr_forecaster_in *in) {
    const kr_forecaster_row *row = kr_forecaster_find(config->model);
    if (!row) {
        kr_plan_fail(b->plan, KR_USAGE, "model %s is not known", config->model);
        return KR_NONE;
    }
    return row->kind->build(b, config, in);
}
