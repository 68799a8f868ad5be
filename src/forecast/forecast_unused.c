/* SPDX-License-Identifier: MIT
 * forecast_unused.c - settings that change nothing beside the others. */
#include <stdio.h>
#include <string.h>

#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "nn/model.h"

typedef struct question {
    const kr_forecast_config *config;
    const char *name, *group;
    char *why;
} question;

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++) {
        if (strcmp(name, *names) == 0) return true;
    }
    return false;
}

static bool answer(const question *q, const char *why) {
    snprintf(q->why, KR__UNUSED_TEXT, "%s", why);
    return true;
}

/* The scores of a panel are scaled by the season, too. */
static bool may_be_panel(const kr_forecast_config *c) {
    char path[2 * KR_FORECAST_TEXT];
    return *c->id_column || strcmp(c->data, "m4") == 0 ||
           kr__is_folder(kr__path_join(c->root_path, c->data_path, path, sizeof path));
}

static bool is_unused_by_model(const question *q) {
    static const char *const of_local[] = {"local_models", "season", "long_season", NULL},
                             *const of_any[] = {"model", "enc_in", "local_models", NULL},
                             *const elsewhere[] = {"model", "freq", "embed", NULL};
    const kr_forecast_config *c = q->config;
    if (strcmp(q->group, "model") != 0 && !is_one_of(q->name, elsewhere)) return false;
    if (*c->local_models) {
        return !is_one_of(q->name, of_local) && answer(q, "not used by `local_models`");
    }
    if (strcmp(q->name, "long_season") == 0) return answer(q, "only used by `local_models`");
    if (strcmp(q->name, "season") == 0 && may_be_panel(c)) return false;
    if (is_one_of(q->name, of_any) || kr__model_uses(c->model, q->name)) return false;
    snprintf(q->why, KR__UNUSED_TEXT, "not used by %.40s", c->model);
    return true;
}

/* How the parameters are found; whoever has none is given no others. */
static bool is_unused_in_training(const question *q) {
    static const char *const of_learning[] = {
        "train_epochs", "max_seconds", "patience",   "learning_rate", "optimizer",
        "weight_decay", "lradj",       "lr_factors", "warmup_epochs", "freeze",
        "amp",          "on_nan",      "grad_slots", "gradient_clip", NULL};
    const kr_forecast_config *c = q->config;
    bool is_augmentation = strcmp(q->group, "augmentation") == 0,
         is_of_learning = is_augmentation || is_one_of(q->name, of_learning);
    if (is_of_learning && !*c->local_models && !kr__model_learns(c->model)) {
        snprintf(q->why, KR__UNUSED_TEXT, "%.40s learns nothing", c->model);
        return true;
    }
    bool is_part = is_augmentation && strcmp(q->name, "augmentation_ratio") != 0;
    if (is_part && c->augmentation_ratio == 0) return answer(q, "`augmentation_ratio` is 0");
    if (strcmp(q->name, "itr") != 0 || c->is_training) return false;
    return answer(q, "`is_training` 0 tests one run");
}

bool kr__forecast_unused(const kr_forecast_config *config, const char *name,
                         char why[KR__UNUSED_TEXT]) {
    const kr_flag *flag = kr__flags_find(kr__forecast_flags(), name);
    const question q = {.config = config, .name = name, .group = flag->group, .why = why};
    if (strcmp(flag->group, "names") == 0 || strcmp(name, "label_len") == 0) {
        return answer(&q, "only used in the names of folders");
    }
    if (strcmp(name, "seasonal_patterns") == 0 && strcmp(config->data, "m4") != 0) {
        return answer(&q, "only used by `data` m4");
    }
    return is_unused_by_model(&q) || is_unused_in_training(&q);
}
