/* SPDX-License-Identifier: MIT
 * zeroshot_create.c - a model that is to be trained: a new one, or one that goes on from another.
 */
#include <string.h>

#include "zeroshot/zeroshot_internal.h"

/* Sizes and parameters are those of the model that it goes on from. */
static kr_status go_on(kr_team *team, const kr_zeroshot_settings *values, kr_zeroshot **out,
                       kr_error *err) {
    const char *path = strcmp(values->load, "zero-shot") == 0 ? NULL : values->load;
    KR_TRY(kr_zeroshot_open(team, path, out, err));
    kr_zeroshot_settings *own = &(*out)->settings, was = *own;
    *own = *values;
    own->d_model = was.d_model;
    own->n_layers = was.n_layers;
    own->d_state = was.d_state;
    own->d_conv = was.d_conv;
    own->expand = was.expand;
    own->d_hidden = was.d_hidden;
    own->n_tokens = was.n_tokens;
    return kr__zeroshot_settings_check(own, err);
}

kr_status kr_zeroshot_create(kr_team *team, const kr_settings *settings, kr_zeroshot **out,
                             kr_error *err) {
    const kr_zeroshot_settings *values = NULL;
    *out = NULL;
    KR_TRY(kr__zeroshot_settings_view(settings, &values, err));
    if (*values->load) {
        kr_status status = go_on(team, values, out, err);
        if (status == KR_OK) return KR_OK;
        kr_zeroshot_destroy(*out);
        *out = NULL;
        return status;
    }
    KR_TRY(kr__zeroshot_make(team, values, INT64_MAX, out, err));
    kr__params_initialise(&(*out)->params, (uint64_t)values->seed);
    return KR_OK;
}
