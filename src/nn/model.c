/* SPDX-License-Identifier: MIT
 * model.c - the list of forecasters, made of the rows of models.inc. */
#include "nn/model.h"

#include <string.h>

/* ---- the rows --------------------------------------------------------------------------- */

#define KR_MODEL(file, name, in_fit, in_bench, beside_refit)                                       \
    extern const kr__model_kind kr__model_##file;
#include "nn/models.inc"
#undef KR_MODEL

#define IS_YES true
#define IS_NO false
#define KR_MODEL(file, name, in_fit, in_bench, beside_refit)                                       \
    {name, &kr__model_##file, IS_##in_fit, IS_##in_bench, IS_##beside_refit},
static const kr__model_row rows[] = {
#include "nn/models.inc"
};
#undef KR_MODEL
enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* ---- lists of names; each begins with a separator ----------------------------------------- */

#define IF_YES(text) text
#define IF_NO(text)
const char kr__model_names[] =
#define KR_MODEL(file, name, in_fit, in_bench, beside_refit) "|" name
#include "nn/models.inc"
#undef KR_MODEL
    ;
const char kr__models_in_bench[] =
#define KR_MODEL(file, name, in_fit, in_bench, beside_refit) IF_##in_bench("," name)
#include "nn/models.inc"
#undef KR_MODEL
    ;

/* ---- by number and name ------------------------------------------------------------------- */

const kr__model_row *kr__model_row_at(int i) { return i >= 0 && i < N_ROWS ? &rows[i] : NULL; }

const kr__model_row *kr__model_find(const char *name) {
    for (int i = 0; i < N_ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    }
    return NULL;
}

bool kr__model_learns(const char *model) {
    const kr__model_row *row = kr__model_find(model);
    return row && row->kind->learns;
}

bool kr__model_uses(const char *model, const char *setting) {
    const kr__model_row *row = kr__model_find(model);
    const char *uses = row && row->kind->uses ? row->kind->uses : "";
    size_t n = strlen(setting);
    for (uses += strspn(uses, " "); *uses; uses += strspn(uses, " ")) {
        size_t n_word = strcspn(uses, " ");
        if (n_word == n && memcmp(uses, setting, n) == 0) return true;
        uses += n_word;
    }
    return false;
}

kr_status kr__model_check(const kr__model_config *config, kr_error *err) {
    const kr__model_row *row = kr__model_find(config->model);
    if (!row) return kr_fail(err, KR_USAGE, "model %s is not known", config->model);
    return row->kind->check ? row->kind->check(config, err) : KR_OK;
}

int64_t kr__model_rows(const kr__model_config *config) {
    const kr__model_row *row = kr__model_find(config->model);
    return row && row->kind->rows ? row->kind->rows(config) : config->n_outputs;
}

kr_tensor kr__model_build(kr_builder *b, const kr__model_config *config, const kr__model_in *in) {
    const kr__model_row *row = kr__model_find(config->model);
    if (!row) {
        kr__plan_fail(b->plan, KR_USAGE, "model %s is not known", config->model);
        return KR_NONE;
    }
    return row->kind->build(b, config, in);
}
