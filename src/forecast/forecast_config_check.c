/* SPDX-License-Identifier: MIT
 * forecast_config_check.c - do the settings of a run fit together? One sentence for each that does
 * not, naming the flags. */
#include <kr/forecast.h>

#include <ctype.h>
#include <string.h>

#include "forecast/forecast_levels.h"
#include "nn/forecaster.h"
#include "train/param_groups.h"

typedef kr_status (*check_fn)(const kr_forecast_config *config, kr_error *err);

static bool has_tokens(const kr_forecast_config *config) {
    return strcmp(config->model, "TimeStar") == 0 || strcmp(config->model, "TimeStarMamba") == 0;
}

static kr_status check_width(const kr_forecast_config *config, kr_error *err) {
    intmax_t d_model = config->d_model, n_heads = config->n_heads;
    if (!has_tokens(config)) return KR_OK;
    if (d_model % 2 != 0) {
        return kr_fail(
            err, KR_USAGE,
            "--d_model %jd is odd, but the position table needs pairs of columns; use %jd", d_model,
            d_model + 1);
    }
    /* Mamba has no heads. */
    if (strcmp(config->model, "TimeStar") == 0 && d_model % n_heads != 0) {
        intmax_t step = n_heads % 2 == 0 ? n_heads : 2 * n_heads;
        return kr_fail(err, KR_USAGE,
                       "--d_model %jd cannot be divided among --n_heads %jd; use --d_model %jd",
                       d_model, n_heads, (d_model / step + 1) * step);
    }
    return KR_OK;
}

static kr_status check_patches(const kr_forecast_config *config, kr_error *err) {
    if (!has_tokens(config) || config->patch_len <= config->seq_len) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--patch_len %jd is longer than --seq_len %jd, so there is not one patch; "
                   "use --patch_len %jd or less",
                   (intmax_t)config->patch_len, (intmax_t)config->seq_len,
                   (intmax_t)config->seq_len);
}

static kr_status check_trend(const kr_forecast_config *config, kr_error *err) {
    if (strcmp(config->model, "DLinear") != 0 || config->moving_avg % 2 == 1) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--moving_avg %jd is even, but the average is taken around a step; use %jd",
                   (intmax_t)config->moving_avg, (intmax_t)config->moving_avg + 1);
}

static kr_status check_season(const kr_forecast_config *config, kr_error *err) {
    if (strcmp(config->model, "SeasonalNaive") != 0 || config->season <= config->seq_len) {
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE,
                   "--season %jd is longer than --seq_len %jd, which must hold one period; "
                   "use --seq_len %jd or more",
                   (intmax_t)config->season, (intmax_t)config->seq_len, (intmax_t)config->season);
}

static kr_status check_training(const kr_forecast_config *config, kr_error *err) {
    if (config->resume && !config->is_training) {
        return kr_fail(err, KR_USAGE,
                       "--resume goes on training, so it does not go with --is_training 0; "
                       "leave one of them out");
    }
    if (config->resume && *config->load) {
        return kr_fail(err, KR_USAGE,
                       "--resume reads the checkpoint of the interrupted run, so it does not go "
                       "with --load; leave one of them out");
    }
    kr_schedule schedule = {.kind = config->lradj};
    kr_param_groups groups = {.count = 0};
    KR_TRY(kr_param_groups_parse(config->freeze, config->lr_factors, &schedule, &groups, err));
    return kr_optimiser_check(config->optimizer, config->weight_decay, err);
}

static kr_status check_rows(const kr_forecast_config *config, kr_error *err) {
    int n_given = (config->train_rows > 0) + (config->val_rows > 0) + (config->test_rows > 0);
    if (n_given == 0 || n_given == 3) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--train_rows, --val_rows and --test_rows go together, as one part ends where "
                   "the next one starts; give all three or none");
}

static kr_status check_data(const kr_forecast_config *config, kr_error *err) {
    KR_TRY(check_rows(config, err));
    if (!*config->data_path) {
        return kr_fail(err, KR_USAGE, "--data_path is empty; name the data file");
    }
    if (!*config->target && strcmp(config->features, "M") != 0) {
        return kr_fail(err, KR_USAGE,
                       "--features %s needs a column to forecast; name it with --target",
                       config->features);
    }
    return KR_OK;
}

static kr_status check_levels(const kr_forecast_config *config, kr_error *err) {
    double p[KR_QUANTILES_MAX];
    int n = 0;
    KR_TRY(kr__levels_of(config, p, &n, err));
    KR_TRY(kr__quantiles_of(config, p, &n, err));
    if (kr_forecaster_learns(config->model) || strcmp(config->loss, "Quantile") != 0) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--loss Quantile: --model %s has no parameters that could learn quantiles; use "
                   "another model, or leave --loss out and read its intervals",
                   config->model);
}

/* The folder name is made of these two. */
static kr_status check_label(const char *flag, const char *label, kr_error *err) {
    for (const char *c = label; *c; c++) {
        if (*c == '/' || iscntrl((unsigned char)*c)) {
            return kr_fail(err, KR_USAGE,
                           "--%s becomes part of a folder name, which cannot hold a slash or a "
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
    kr_forecast_setting(config, config->itr - 1, setting, sizeof setting);
    size_t n = strlen(setting);
    if (n <= LONGEST_FOLDER) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "the run's folder name would have %zu characters, and %d are allowed; shorten "
                   "--model_id or --des",
                   n, LONGEST_FOLDER);
}

kr_status kr_forecast_config_check(const kr_forecast_config *config, kr_error *err) {
    static const check_fn checks[] = {check_data,  check_levels, check_width,    check_patches,
                                      check_trend, check_season, check_training, check_names};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) KR_TRY(checks[i](config, err));
    return KR_OK;
}
