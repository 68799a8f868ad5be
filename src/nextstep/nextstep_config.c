/* SPDX-License-Identifier: MIT
 * nextstep_config.c - the settings of `krait train`. */
#include "nextstep/nextstep_config.h"

#include <string.h>

#include "core/flags.h"
#include "core/settings_view.h"
#include "nextstep/nextstep_internal.h"
#include "train/param_groups.h"

#define KR_FLAG_OWNER kr_nextstep_config
#define KR_FLAG_NAME "nextstep"
#define KR_FLAG_LIST "nextstep/nextstep_flags.inc"
#define KR_FLAG_DECIDES KR_FLAG_RESUME
#include "core/flag_table.inc"

const kr_flag_table *kr__nextstep_flags(void) { return &table; }

kr_status kr_nextstep_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

const kr_old_flag *kr__nextstep_old_flags(int *count) {
    *count = N_OLD_FLAGS;
    return old_flags;
}

static kr_status check(const kr_nextstep_config *c, kr_error *err) {
    if (c->max_horizon >= c->seq_len) {
        return kr_fail(err, KR_USAGE,
                       "`max_horizon` %lld: must be below `seq_len` %lld, or there is nothing to "
                       "compare with",
                       (long long)c->max_horizon, (long long)c->seq_len);
    }
    if (!(c->val_fraction > 0)) {
        return kr_fail(err, KR_USAGE,
                       "`val_fraction` 0: the best model is chosen by validation; "
                       "use a share above 0");
    }
    if (c->aug_rotate_eps > 0 && !c->aug_rotate) {
        return kr_fail(err, KR_USAGE, "`aug_rotate_eps`: has no effect without `aug_rotate`");
    }
    if (c->resume && *c->eval) {
        return kr_fail(err, KR_USAGE, "`eval` and `resume` exclude each other");
    }
    if (*c->load && (c->resume || *c->eval)) {
        return kr_fail(err, KR_USAGE,
                       "`load` starts a new training from a model, so it does not go with `resume` "
                       "or `eval`; leave one of them out");
    }
    const kr_schedule schedule = {.kind = c->lradj};
    kr_param_groups groups = {.count = 0};
    KR_TRY(kr__param_groups_parse(c->freeze, c->lr_factors, &schedule, &groups, err));
    return kr__optimiser_check(c->optimizer, c->weight_decay, err);
}

kr_schedule kr__nextstep_schedule(const kr_nextstep_config *config, bool is_of_gates) {
    bool has_own_floor = is_of_gates && strcmp(config->gate_floor, "own") == 0;
    double base = config->lr * (is_of_gates ? config->gate_lr_factor : 1);
    return (kr_schedule){.kind = config->lradj,
                         .base = base,
                         .epochs = config->epochs,
                         .warmup_epochs = config->warmup_epochs,
                         .floor = 0.01 * (has_own_floor ? base : config->lr)};
}

kr_status kr__nextstep_config_view(const kr_settings *settings, const kr_nextstep_config **out,
                                   kr_error *err) {
    const void *values = NULL;
    KR_TRY(kr__settings_values(settings, &table, &values, err));
    *out = values;
    return check(*out, err);
}

kr_status kr_nextstep_settings_check(const kr_settings *settings, kr_error *err) {
    const kr_nextstep_config *unused = NULL;
    return kr__nextstep_config_view(settings, &unused, err);
}
