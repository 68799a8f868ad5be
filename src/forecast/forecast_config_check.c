/* SPDX-License-Identifier: MIT
 * forecast_config_check.c - do the settings of a run fit together? One sentence for each that does
 * not, naming the flags. */

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/text.h"
#include "forecast/forecast_config.h"
#include "forecast/forecast_levels.h"
#include "forecast/forecast_parts.h"
#include "train/param_groups.h"

typedef kr_status (*check_fn)(const kr_forecast_config *config, kr_error *err);

/* What the model itself needs; sizes that the data decide are not checked here. */
static kr_status check_model(const kr_forecast_config *config, kr_error *err) {
    const kr__row_shape unknown = {0};
    kr__forecast_parts parts;
    KR_TRY(kr__forecast_parts_make(config, &parts, err));
    const kr_forecast_objective objective = kr__forecast_parts_objective(&parts, &unknown);
    return kr__model_check(&objective.model, err);
}

static kr_status check_training(const kr_forecast_config *config, kr_error *err) {
    if (config->spectrum_weight > 0 && strcmp(config->loss, "Quantile") == 0) {
        return kr_fail(err, KR_USAGE,
                       "`spectrum_weight` compares the spectrum of one forecast, and `loss` "
                       "Quantile makes many; leave one of them out");
    }
    if (config->resume && !config->is_training) {
        return kr_fail(err, KR_USAGE,
                       "`resume` continues training, so it does not go with `is_training` 0; "
                       "leave one of them out");
    }
    if (config->resume && *config->load) {
        return kr_fail(err, KR_USAGE,
                       "`resume` reads the checkpoint of the interrupted run, so it does not go "
                       "with `load`; leave one of them out");
    }
    kr_schedule schedule = {.kind = config->lradj};
    kr_param_groups groups = {.count = 0};
    KR_TRY(kr__param_groups_parse(config->freeze, config->lr_factors, &schedule, &groups, err));
    return kr__optimiser_check(config->optimizer, config->weight_decay, err);
}

static kr_status check_rows(const kr_forecast_config *config, kr_error *err) {
    bool has_others = config->val_rows > 0 || config->test_rows > 0;
    if (config->train_rows != 0 || !has_others) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "`val_rows` and `test_rows` go with `train_rows`, as one part ends where the "
                   "next one starts; give it, too: a number of rows, or -1 for all that these "
                   "leave");
}

static kr_status check_data(const kr_forecast_config *config, kr_error *err) {
    KR_TRY(check_rows(config, err));
    if (!*config->data_path) {
        return kr_fail(err, KR_USAGE, "`data_path` is empty; name the data file");
    }
    if (!*config->target && strcmp(config->features, "M") != 0) {
        return kr_fail(err, KR_USAGE,
                       "`features` %s needs a column to forecast; name it with `target`",
                       config->features);
    }
    return KR_OK;
}

static kr_status read_limit(const char *name, const char *text, double none, double *value,
                            kr_error *err) {
    *value = none;
    if (!*text || kr__text_real(text, value)) return KR_OK;
    return kr_fail(err, KR_USAGE, "`%s` %.40s is no number", name, text);
}

kr_status kr__forecast_limits(const kr_forecast_config *config, double limits[2], kr_error *err) {
    KR_TRY(read_limit("lower", config->lower, -INFINITY, &limits[0], err));
    KR_TRY(read_limit("upper", config->upper, INFINITY, &limits[1], err));
    if (limits[0] < limits[1]) return KR_OK;
    return kr_fail(err, KR_USAGE, "`lower` %s is not below `upper` %s", config->lower,
                   config->upper);
}

static kr_status check_levels(const kr_forecast_config *config, kr_error *err) {
    double p[KR_QUANTILES_MAX], limits[2];
    int n = 0;
    KR_TRY(kr__forecast_limits(config, limits, err));
    KR_TRY(kr__levels_of(config, p, &n, err));
    KR_TRY(kr__quantiles_of(config, p, &n, err));
    if (kr__model_learns(config->model) || strcmp(config->loss, "Quantile") != 0) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "`loss` Quantile: `model` %s has no parameters that could learn quantiles; use "
                   "another model, or leave `loss` out and read its intervals",
                   config->model);
}

/* The folder name is made of these two. */
static kr_status check_label(const char *flag, const char *label, kr_error *err) {
    for (const char *c = label; *c; c++) {
        if (*c == '/' || iscntrl((unsigned char)*c)) {
            return kr_fail(err, KR_USAGE,
                           "`%s` becomes part of a folder name, which cannot hold a slash or a "
                           "control character; use letters, digits and _",
                           flag);
        }
    }
    return KR_OK;
}

static kr_status check_names(const kr_forecast_config *config, kr_error *err) {
    enum { LONGEST_FOLDER = 255 }; /* most file systems */
    KR_TRY(check_label("model_id", config->model_id, err));
    KR_TRY(check_label("des", config->des, err));
    char setting[4 * KR_FORECAST_TEXT];
    kr__forecast_setting(config, config->itr - 1, setting, sizeof setting);
    size_t n = strlen(setting);
    if (n <= LONGEST_FOLDER) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "the run's folder name would have %zu characters, and %d are allowed; shorten "
                   "`model_id` or `des`",
                   n, LONGEST_FOLDER);
}

kr_status kr__forecast_config_check(const kr_forecast_config *config, kr_error *err) {
    static const check_fn checks[] = {check_data, check_levels, check_model, check_training,
                                      check_names};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) KR_TRY(checks[i](config, err));
    return KR_OK;
}

kr_status kr__forecast_config_check_run(const kr_forecast_config *config, kr_error *err) {
    KR_TRY(kr__forecast_config_check(config, err));
    bool has_parts = config->val_rows > 0 && config->test_rows > 0;
    if (config->train_rows == 0 || has_parts) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "`%s` is 0, but a run validates and tests; say how many rows are for that",
                   config->val_rows > 0 ? "test_rows" : "val_rows");
}
