/* SPDX-License-Identifier: MIT
 * fuzz_predict_stream.c - any bytes as the rows that `krait predict --stream` and `krait forecast
 * --stream` read from standard input; the first byte chooses what is done about gaps, what is
 * printed, the model, and the command. Whatever comes, what was printed are whole lines of finite
 * numbers. Rows that are read one by one are those of a file with the same bytes. */
#include <cjson/cJSON.h>
#include <kr/forecaster.h>
#include <kr/zeroshot.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/forecast_command.h"
#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/fuzz_models.h"
#include "tables/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

enum { N_MODELS = 2 };

/* One that receives dates, one that does not. */
static kr_forecaster *model_of(int i) {
    static const char *const names[N_MODELS] = {"Naive", "TimeStar"};
    static kr_forecaster *models[N_MODELS];
    if (models[i]) return models[i];
    kr_rows *rows = fuzz_rows();
    models[i] = fuzz_forecaster(names[i]);
    require(kr_forecaster_train(models[i], rows, NULL, NULL) == KR_OK);
    require(kr_forecaster_check_level(models[i], 0.8, NULL) == KR_OK);
    kr_rows_destroy(rows);
    return models[i];
}

/* ---- what was printed --------------------------------------------------------------------- */

static void require_json(char *text) {
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        require(end != NULL);
        *end = '\0';
        cJSON *object = cJSON_Parse(line);
        require(cJSON_IsObject(object));
        cJSON_Delete(object);
    }
}

/* A table: the same number of rows for each forecast, all of them finite. */
static void require_table(const char *text, size_t n_bytes) {
    static const char *const columns[] = {"a", "a_lower_80", "a_upper_80",
                                          "b", "b_lower_80", "b_upper_80"};
    enum { N = sizeof columns / sizeof columns[0] };
    const kr_csv_options options = {.columns = columns, .n_columns = N};
    kr_table *table = NULL;
    kr_error err = {0};
    if (n_bytes == 0) return;
    require(text[n_bytes - 1] == '\n');
    require(kr__csv_read_bytes("output", (const uint8_t *)text, n_bytes, &options, &table, &err) ==
            KR_OK);
    require(table->n_rows % FUZZ_PRED_LEN == 0 && table->n_columns >= N);
    kr__table_destroy(table);
}

/* ---- the same rows out of a file --------------------------------------------------------- */

/* Both see the same last rows where both take them and no gap was filled, which a file can do
 * better. */
static void compare_with_file(const predict_job *job, const uint8_t *bytes, size_t n_bytes) {
    const kr_history *streamed = job->history;
    kr_history *h = NULL;
    fuzz_write("rows.csv", bytes, n_bytes);
    if (kr_history_read(job->model, fuzz_path("rows.csv"), NULL, &h, NULL) != KR_OK) return;
    int64_t n = FUZZ_SEQ_LEN, width = h->n_channels;
    require(h->n_rows >= n && streamed->n_rows >= n);
    const double *a = h->values + (h->n_rows - n) * width;
    const double *b = streamed->values + (streamed->n_rows - n) * width;
    for (int64_t i = 0; i < n * width; i++) require(a[i] == b[i]);
    for (int64_t i = 1; i <= n && streamed->timestamps; i++) {
        require(h->timestamps[h->n_rows - i] == streamed->timestamps[streamed->n_rows - i]);
    }
    kr_history_destroy(h);
}

/* ---- krait forecast ---------------------------------------------------------------------- */

/* The file of a small model. */
static const char *zero_shot_model(void) {
    static char path[64];
    kr_settings *how = NULL;
    kr_zeroshot *model = NULL;
    if (*path) return path;
    snprintf(path, sizeof path, "%s", fuzz_path("model.safetensors"));
    require(kr_zeroshot_settings_create(&how, NULL) == KR_OK);
    require(kr_settings_set(how, "d_model", "4", NULL) == KR_OK);
    require(kr_settings_set(how, "n_layers", "1", NULL) == KR_OK);
    require(kr_settings_set(how, "d_hidden", "4", NULL) == KR_OK);
    require(kr_zeroshot_create(NULL, how, &model, NULL) == KR_OK);
    require(kr_zeroshot_save(model, path, NULL) == KR_OK);
    kr_zeroshot_destroy(model);
    kr_settings_destroy(how);
    return path;
}

static kr_status forecast(bool is_json, kr_error *err) {
    forecast_request request = {
        .is_stream = true,
        .call = {.is_json = is_json,
                 .is_quiet = true,
                 .given = {.settings = command_forecast.settings}},
    };
    kr__flags_init(command_forecast.settings->flags(), &request.config);
    request.config.horizon = FUZZ_PRED_LEN;
    strcpy(request.config.model, zero_shot_model());
    return forecast_run(&request, err);
}

static int fuzz_forecast(bool is_json) {
    kr_error err = {0};
    size_t n_text = 0;
    kr_status status = forecast(is_json, &err);
    require(status == KR_OK || (err.status == status && *err.text));
    char *text = fuzz_take_stdout(&n_text);
    require(status != KR_OK || n_text > 0);
    require(n_text == 0 || text[n_text - 1] == '\n');
    if (is_json) require_json(text);
    kr_free(text);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static const char *const gaps[] = {"refuse", "linear", "ffill", "model"};
    predict_request request = {.is_stream = true};
    if (n_bytes < 1) return 0;
    int choice = bytes[0];
    bool fills = choice % 4 > 0;
    strcpy(request.config.gaps, gaps[choice % 4]);
    request.call.is_json = choice / 4 % 2;
    predict_job job = {.request = &request,
                       .checkpoint = "fuzz",
                       .model = model_of(choice / 8 % 2),
                       .words = stderr,
                       .levels = {0.8}};
    job.options =
        (kr_predict_options){.size = sizeof job.options, .n_levels = 1, .levels = job.levels};
    kr_error err = {0};
    size_t n_text = 0;
    fuzz_catch_stdout();
    fuzz_stdin(bytes + 1, n_bytes - 1);
    if (choice / 16 % 2) return fuzz_forecast(request.call.is_json);
    kr_status status = predict_stream(&job, &err);
    require(status == KR_OK || (err.status == status && *err.text));
    char *text = fuzz_take_stdout(&n_text);
    require(status != KR_OK || n_text > 0);
    if (request.call.is_json) require_json(text);
    if (!request.call.is_json) require_table(text, n_text);
    if (status == KR_OK && !fills) compare_with_file(&job, bytes + 1, n_bytes - 1);
    kr_free(text);
    kr_history_destroy(job.history);
    return 0;
}
