/* SPDX-License-Identifier: MIT
 * cmd_ablate.c - krait ablate: how much each covariate helps. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include <kr/forecaster.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/platform.h"
#include "forecast/ablate.h"
#include "forecast/forecast_config.h"
#include "framework/command.h"
#include "framework/command_flags.h"
#include "framework/csv_text.h"
#include "framework/json_numbers.h"
#include "framework/output_folder.h"
#include "framework/program.h"
#include "framework/progress.h"
#include "framework/say.h"
#include "framework/trained_model.h"

enum { PATH_SIZE = KR_FLAG_TEXT + 64 };

/* ---- the request ------------------------------------------------------------------------ */

/* Fields named as the flags in ablate_flags.inc. */
typedef struct ablate_config {
#define KR_FLAG_LIST "backtest/ablate_flags.inc"
#include "core/flags.inc"
} ablate_config;

#define KR_FLAG_OWNER ablate_config
#define KR_FLAG_NAME "ablate"
#define KR_FLAG_LIST "backtest/ablate_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

static const kr_flag_table *ablate_flags(void) { return &table; }

static const option own_options[] = {
    SWITCH_OPTION(
        "model", "retrain",
        "train again without each column; otherwise the model sees the column's training mean"),
    FORCE_OPTION,
    QUIET_OPTION("print errors only"),
    JSON_OPTION("ablate.json"),
    UNPACK_OPTION,
};

static settings ablate_settings = {.command = "ablate",
                                   .flags = ablate_flags,
                                   .own = own_options,
                                   .n_own = sizeof own_options / sizeof own_options[0],
                                   .short_o = "out",
                                   .n_words = 1};

typedef struct request {
    command_call call;
    ablate_config config;
    const char *data; /* used instead of the training's file; NULL: that file */
    bool retrains;
    progress_line progress;
} request;

static kr_status read_request(void *arg, kr_error *err) {
    request *r = arg;
    const settings_given *given = &r->call.given;
    (void)err;
    r->data = given->n_words > 0 ? given->words[0] : NULL;
    r->retrains = settings_own(given, "retrain");
    return KR_OK;
}

/* ---- results ---------------------------------------------------------------------------- */

/* How much larger the squared error is without the column, in percent. */
static double gain(const kr_ablation_list *list, int64_t i) {
    return 100 * (list->rows[i].validation.mse / list->rows[0].validation.mse - 1);
}

static const char *row_name(const kr_ablation *row) { return row->column ? row->column : ""; }

static void print_table(const request *r, const kr_ablation_list *list) {
    char label[80];
    if (!r->call.out) return;
    say(r->call.out, "\n  %-28s%14s%14s%12s\n", "validation", "MSE", "MAE", "gain");
    for (int64_t i = 0; i < list->n; i++) {
        const kr_ablation *row = &list->rows[i];
        snprintf(label, sizeof label, row->column ? "without %.60s" : "all columns", row_name(row));
        say(r->call.out, "  %-28s%14.6g%14.6g", label, row->validation.mse, row->validation.mae);
        if (i > 0) fprintf(r->call.out, "%+11.1f%%", gain(list, i));
        fprintf(r->call.out, "\n");
    }
}

static kr_status write_csv(const request *r, const kr_ablation_list *list, kr_error *err) {
    char path[PATH_SIZE];
    kr_file_writer w;
    KR_TRY(kr__file_writer_open(kr__path_join(r->config.out, "ablate.csv", path, sizeof path), &w,
                                err));
    fprintf(w.stream, "without,validation_mse,validation_mae,test_mse,test_mae,gain_percent\n");
    for (int64_t i = 0; i < list->n; i++) {
        const kr_ablation *row = &list->rows[i];
        csv_write_text(w.stream, row_name(row));
        fprintf(w.stream, ",%.9g,%.9g,%.9g,%.9g,%.6g\n", row->validation.mse, row->validation.mae,
                row->test.mse, row->test.mae, gain(list, i));
    }
    return kr__file_writer_commit(&w, err);
}

static bool add_rows(cJSON *object, const kr_ablation_list *list) {
    cJSON *rows = cJSON_AddArrayToObject(object, "rows");
    for (int64_t i = 0; i < list->n && rows; i++) {
        const kr_ablation *row = &list->rows[i];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(rows, item) ||
            !kr__json_add_text(item, "without", row_name(row)) ||
            !kr__json_add_number(item, "validation_mse", row->validation.mse) ||
            !kr__json_add_number(item, "validation_mae", row->validation.mae) ||
            !kr__json_add_number(item, "test_mse", row->test.mse) ||
            !kr__json_add_number(item, "test_mae", row->test.mae) ||
            !kr__json_add_number(item, "gain_percent", gain(list, i)) ||
            !kr__json_add_number(item, "seconds", row->seconds)) {
            return false;
        }
    }
    return rows != NULL;
}

static kr_status write_json(const request *r, const kr_ablation_list *list, kr_error *err) {
    char path[PATH_SIZE], *json = NULL;
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && kr__json_add_text(object, "krait", KR_VERSION_STRING) &&
                   kr__json_add_text(object, "command", r->call.given.command_line) &&
                   kr__json_add_text(object, "method", r->retrains ? "retrain" : "training mean") &&
                   add_rows(object, list);
    if (is_made) json = json_print(object);
    cJSON_Delete(object);
    if (!json) return kr_fail(err, KR_MEMORY, "out of memory for ablate.json");
    kr__path_join(r->config.out, "ablate.json", path, sizeof path);
    kr_status status = kr__file_write(path, json, strlen(json), err);
    if (status == KR_OK && r->call.is_json) json_write(json, stdout);
    kr_free(json);
    return status;
}

static kr_status report(const request *r, const kr_ablation_list *list, kr_error *err) {
    print_table(r, list);
    KR_TRY(write_csv(r, list, err));
    KR_TRY(write_json(r, list, err));
    if (r->call.out) say(r->call.out, "\nSaved %s/ablate.csv, ablate.json\n", r->config.out);
    return KR_OK;
}

/* ---- the runs --------------------------------------------------------------------------- */

static void see_row(void *arg, int64_t i, int64_t n, const char *column) {
    request *r = arg;
    char label[128]; /* progress_start keeps what fits on a line */
    snprintf(label, sizeof label, "%jd of %jd%s%.40s", (intmax_t)i + 1, (intmax_t)n,
             column ? ", without " : "", column ? column : "");
    progress_clear(&r->progress);
    progress_start(&r->progress, r->call.out ? stderr : NULL, label, 0, 1);
}

static void see_event(void *arg, const kr_forecast_event *e) {
    request *r = arg;
    if (e->kind != KR_EVENT_STEP && e->kind != KR_EVENT_PROGRESS) return;
    r->progress.total = e->steps;
    progress_update(&r->progress, e->step, NULL);
}

/* The settings of the training, applied to the data of this call. */
static kr_status choose_config(const request *r, const kr_forecaster *model, const char *path,
                               kr_forecast_config *config, kr_error *err) {
    *config = *kr__forecaster_settings(model);
    config->threads = r->config.threads;
    if (strlen(path) >= sizeof config->load || (r->data && strlen(r->data) >= KR_FORECAST_TEXT)) {
        return kr_fail(err, KR_USAGE, "%.60s..: the path is too long", path);
    }
    strcpy(config->load, path);
    if (!r->data) return KR_OK;
    *config->root_path = '\0';
    strcpy(config->data_path, r->data);
    return KR_OK;
}

/* Models that were trained are not replaced by those of other settings. */
static kr_status take_folder(const request *r, const char *checkpoint, kr_error *err) {
    static const char *const ignored[] = {"out", "threads", NULL};
    char models[PATH_SIZE];
    const char *out = r->config.out;
    const output_claim claim = {.call = &r->call,
                                .folder = *out ? out : ".",
                                .noun = "an ablation",
                                .holds = {kr__path_join(out, "checkpoints", models, sizeof models)},
                                .table = &table,
                                .config = &r->config,
                                .ignored = ignored,
                                .data = r->data ? r->data : checkpoint,
                                .elsewhere = "--out"};
    return r->retrains ? output_folder_take(&claim, err) : output_folder_lock(out, err);
}

static kr_status ablate(request *r, const kr_forecaster *model, const char *path, kr_error *err) {
    kr_ablation_list list = {.n = 0};
    char folder[PATH_SIZE];
    const kr_forecast_observer observer = {see_event, r};
    const kr_ablate_options options = {
        .retrains = r->retrains,
        .folder = kr__path_join(r->config.out, "checkpoints", folder, sizeof folder),
        .begins = see_row,
        .arg = r,
        .observer = &observer};
    const kr_forecaster_info *info = kr_forecaster_info_of(model);
    int64_t n_columns = info->n_channels - info->n_outputs;
    kr_rows *rows = NULL;
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    kr_status status = choose_config(r, model, path, config, err);
    if (status == KR_OK) status = kr__ablate_check(config, n_columns, err);
    if (status == KR_OK) status = kr__forecast_read(program_team(), config, &rows, err);
    if (status == KR_OK) status = take_folder(r, path, err);
    if (status == KR_OK) {
        status = kr__ablate(program_team(), rows, config, n_columns, info->columns, &options, &list,
                            err);
    }
    progress_clear(&r->progress);
    if (status == KR_OK) status = report(r, &list, err);
    kr__ablation_list_deinit(&list);
    kr_rows_destroy(rows);
    kr_free(config);
    return status;
}

static kr_status run_request(void *arg, kr_error *err) {
    request *r = arg;
    char path[PATH_SIZE];
    kr_forecaster *model = NULL;
    KR_TRY(trained_model_open(r->config.checkpoint, path, sizeof path, &model, err));
    kr_status status = ablate(r, model, path, err);
    kr_forecaster_destroy(model);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"how much the load forecasts help a model of prices:",
     "krait run --preset epf-np && krait ablate --checkpoint checkpoints/SETTING"},
    {"the same, with a new training without each column:",
     "krait ablate --checkpoint checkpoints/SETTING --retrain"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"METHOD",
     "Covariates are the columns that the model uses but does not forecast (--features MS, "
     "--known_future). For each of them the validation windows are forecast once more while the "
     "model sees the column's training mean, or, with --retrain, by a model that was trained "
     "without it with the same settings and seed. The gain of a column says how much larger the "
     "squared error is without it; if it is negative, the forecasts are better without the "
     "column.\n\n"
     "The training mean is quick and shows how much this model relies on the column; --retrain "
     "shows whether the column is worth having. DATA is read instead of the training's file."},
    {"FILES",
     "ablate.csv, ablate.json: errors on validation and test windows, in scaled units, and the "
     "gain of each column in percent.\n\ncheckpoints/COLUMN: with --retrain, the models; "
     ".krait_ablate.json: of which data and settings they are. Others do not replace them without "
     "--force."},
    {NULL, NULL},
};

const command command_ablate = {
    .name = "ablate",
    .summary = "measure how much each covariate helps a trained model",
    .usage = "[DATA] --checkpoint FILE [--retrain]",
    .purpose =
        "Leave out the covariates of a trained model one by one and measure on the "
        "validation windows how much each of them helps.",
    .settings = &ablate_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(request),
    .config = offsetof(request, config),
    .computes = COMPUTES,
    .catches_signals = true,
    .read = read_request,
    .run = run_request,
};
