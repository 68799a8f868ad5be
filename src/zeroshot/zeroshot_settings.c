/* SPDX-License-Identifier: MIT
 * zeroshot_settings.c - the settings of `krait pretrain`. */
#include "core/settings_view.h"
#include "core/text.h"
#include "zeroshot/zeroshot_internal.h"

#define KR_FLAG_OWNER kr_zeroshot_settings
#define KR_FLAG_NAME "zeroshot"
#define KR_FLAG_LIST "zeroshot/zeroshot_flags.inc"
#define KR_FLAG_DECIDES KR_FLAG_RESUME
#include "core/flag_table.inc"

const kr_flag_table *kr__zeroshot_flags(void) { return &table; }

kr_status kr_zeroshot_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

kr_simulate_options kr__zeroshot_simulation(const kr_zeroshot_settings *s) {
    return (kr_simulate_options){.size = sizeof(kr_simulate_options),
                                 .seed = (uint64_t)s->seed,
                                 .families = *s->families ? s->families : NULL,
                                 .seasons = *s->seasons ? s->seasons : NULL,
                                 .gaps = s->gaps};
}

static kr_status check(const kr_zeroshot_settings *s, kr_error *err) {
    const kr_simulate_options options = kr__zeroshot_simulation(s);
    kr__simulator simulator;
    if ((s->n_origins - 1) * s->origin_gap >= s->n_tokens) {
        return kr_fail(err, KR_USAGE,
                       "`n_origins` %lld: with `origin_gap` %lld they do not fit into `n_tokens` "
                       "%lld; use fewer",
                       (long long)s->n_origins, (long long)s->origin_gap, (long long)s->n_tokens);
    }
    static const char *const others[] = {".pt", ".pth", ".ckpt", ".npz", ".csv", ".json"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (!kr__text_ends(s->checkpoint, others[i])) continue;
        return kr_fail(
            err, KR_USAGE,
            "`checkpoint` %s: a zero-shot model is written as .safetensors; give it that "
            "ending",
            s->checkpoint);
    }
    return kr__simulator_init(&options, &simulator, err);
}

kr_status kr__zeroshot_settings_view(const kr_settings *settings, const kr_zeroshot_settings **out,
                                     kr_error *err) {
    const void *values = NULL;
    KR_TRY(kr__settings_values(settings, &table, &values, err));
    *out = values;
    return check(*out, err);
}

kr__zeroshot_config kr__zeroshot_shape(const kr_zeroshot_settings *s) {
    return (kr__zeroshot_config){
        .n_tokens = s->n_tokens,
        .token_size = KR__TOKEN_SIZE,
        .n_origins = s->n_origins,
        .origin_gap = s->origin_gap,
        .n_steps = s->n_leads,
        .step_size = KR__STEP_SIZE,
        .n_guesses = KR__GUESSES,
        .d_model = s->d_model,
        .n_layers = s->n_layers,
        .d_hidden = s->d_hidden,
        .dropout = s->dropout,
        .mamba = {
            .d_state = s->d_state, .d_conv = s->d_conv, .expand = s->expand, .dt_init = 0.01}};
}
