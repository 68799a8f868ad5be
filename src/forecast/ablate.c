/* SPDX-License-Identifier: MIT
 * ablate.c - a run without each covariate in turn. */

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/ablate.h"
#include "forecast/forecast_config.h"
#include "tables/name_list.h"

typedef struct ablating {
    kr_team *team;
    const kr_rows *rows;
    const kr_forecast_config *config;
    const kr_ablate_options *options;
    kr_forecast_config *own; /* of the current run */
} ablating;

/* After the columns that were already left out when the model was trained. */
static kr_status add_column(char list[KR_FORECAST_TEXT], const char *column, kr_error *err) {
    size_t n = strlen(list);
    if (!strchr(column, ',') && n + strlen(column) + 2 <= KR_FORECAST_TEXT) {
        snprintf(list + n, KR_FORECAST_TEXT - n, "%s%s", n > 0 ? "," : "", column);
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE,
                   "column \"%.60s\": its name is too long or has a comma; rename it in the file",
                   column);
}

static kr_status remove_name(char list[KR_FORECAST_TEXT], const char *column, kr_error *err) {
    kr_arena arena = {NULL};
    kr__name_list names;
    size_t n = 0;
    bool is_read = kr__name_list_read(list, &arena, &names);
    if (is_read) *list = '\0';
    for (int64_t i = 0; is_read && i < names.n; i++) {
        if (strcmp(names.names[i], column) == 0) continue;
        n += (size_t)snprintf(list + n, KR_FORECAST_TEXT - n, "%s%s", n > 0 ? "," : "",
                              names.names[i]);
    }
    kr__arena_deinit(&arena);
    return is_read ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the columns");
}

/* Settings of the run without a column; NULL: with all of them, the model tested as it is. */
static kr_status choose_settings(ablating *a, const char *column, kr_error *err) {
    kr_forecast_config *c = a->own;
    *c = *a->config;
    c->use_dtw = c->profile = false;
    *c->load = '\0';
    if (!column) return KR_OK;
    if (!a->options->retrains) return add_column(c->blank_columns, column, err);
    KR_TRY(remove_name(c->known_future, column, err));
    return add_column(c->drop_columns, column, err);
}

/* {folder}/{column}/{setting}/checkpoint.safetensors; empty where nothing is to be kept. */
static kr_status name_checkpoint(ablating *a, const char *column, char path[KR_FORECAST_PATH],
                                 kr_error *err) {
    *path = '\0';
    if (!a->options->folder) return KR_OK;
    kr__path_join(a->options->folder, column, a->own->checkpoints, sizeof a->own->checkpoints);
    kr__forecast_checkpoint(a->own, 0, path, KR_FORECAST_PATH);
    return kr__make_folder_of(path, err);
}

static kr_status train(ablating *a, kr_forecaster *model, const char *column, kr_error *err) {
    char path[KR_FORECAST_PATH];
    kr_train_options options = {.size = sizeof options, .observer = a->options->observer};
    KR_TRY(name_checkpoint(a, column, path, err));
    if (*path) options.checkpoint = path;
    return kr_forecaster_train(model, NULL, &options, err);
}

static kr_status test_one(ablating *a, kr_forecaster *model, const char *column,
                          kr_forecast_result **result, kr_error *err) {
    bool learns = kr_forecast_model_is(a->own->model, KR_MODEL_LEARNS);
    KR_TRY(kr_forecaster_prepare(model, a->rows, err));
    if (column && a->options->retrains) {
        KR_TRY(train(a, model, column, err));
    } else if (learns) {
        KR_TRY(kr_forecaster_load(model, a->config->load, err));
    }
    return kr_forecaster_score(model, a->options->observer, result, err);
}

static kr_status run_one(ablating *a, const char *column, kr_ablation *row, kr_error *err) {
    kr_forecast_result *result = NULL;
    kr_forecaster *model = NULL;
    double started = kr__time_now();
    KR_TRY(choose_settings(a, column, err));
    KR_TRY(kr__forecaster_create(a->team, a->own, &model, err));
    kr_status status = test_one(a, model, column, &result, err);
    kr_forecaster_destroy(model);
    KR_TRY(status);
    row->validation = result->validation;
    row->test = result->scaled;
    row->seconds = kr__time_now() - started;
    kr_forecast_result_destroy(result);
    return KR_OK;
}

static kr_status run_all(ablating *a, int64_t n_columns, char *const *columns,
                         kr_ablation_list *out, kr_error *err) {
    for (int64_t i = 0; i <= n_columns; i++) {
        const char *column = i > 0 ? columns[i - 1] : NULL;
        if (column) column += strspn(column, " \t"); /* many files have blanks after commas */
        kr_ablation *row = &out->rows[out->n++];
        if (column) {
            row->column = kr__calloc(strlen(column) + 1, 1);
            if (!row->column) return kr_fail(err, KR_MEMORY, "out of memory for the columns");
            strcpy(row->column, column);
        }
        const kr_ablate_options *o = a->options;
        if (o->begins) o->begins(o->arg, i, n_columns + 1, column);
        kr_status status = run_one(a, column, row, err);
        if (status == KR_INTERRUPTED) {
            return kr_fail(err, status, "stopped on request; the same command begins anew");
        }
        KR_TRY(status);
    }
    return KR_OK;
}

kr_status kr__ablate_check(const kr_forecast_config *config, int64_t n_columns, kr_error *err) {
    if (n_columns > 0) return KR_OK;
    return kr_fail(
        err, KR_USAGE,
        "%s: the model forecasts every column that it takes, so there is none to "
        "leave out; train with `features` MS `target` COLUMN, or give krait fit a target",
        config->load);
}

kr_status kr__ablate(kr_team *team, const kr_rows *rows, const kr_forecast_config *config,
                     int64_t n_columns, char *const *columns, const kr_ablate_options *options,
                     kr_ablation_list *out, kr_error *err) {
    *out = (kr_ablation_list){.n = 0};
    KR_TRY(kr__ablate_check(config, n_columns, err));
    ablating a = {team, rows, config, options, kr__calloc(1, sizeof *config)};
    out->rows = kr__calloc((size_t)n_columns + 1, sizeof *out->rows);
    kr_status status = a.own && out->rows ? run_all(&a, n_columns, columns, out, err)
                                          : kr_fail(err, KR_MEMORY, "out of memory for the runs");
    kr_free(a.own);
    return status;
}

void kr__ablation_list_deinit(kr_ablation_list *list) {
    for (int64_t i = 0; i < list->n; i++) kr_free(list->rows[i].column);
    kr_free(list->rows);
    *list = (kr_ablation_list){.n = 0};
}
