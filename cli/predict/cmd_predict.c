/* SPDX-License-Identifier: MIT
 * cmd_predict.c - krait predict: what comes after the data. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "forecast/forecast_config.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/shard_output.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"

/* ---- the request ------------------------------------------------------------------------ */

#define KR_FLAG_OWNER predict_config
#define KR_FLAG_NAME "predict"
#define KR_FLAG_LIST "predict/predict_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

static const kr_flag_table *predict_flags(void) { return &table; }

static const option own_options[] = {
    SWITCH_OPTION("forecast", "stream",
                  "read rows from standard input and print a forecast as each arrives; rows of "
                  "DATA, if it is given, come first"),
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    SWITCH_OPTION("output", "json",
                  "print the forecast as JSON on standard output, all else on standard error; with "
                  "--stream one line per forecast"),
    QUIET_OPTION("print errors only"),
    UNPACK_OPTION,
};

static settings predict_settings = {.command = "predict",
                                    .flags = predict_flags,
                                    .own = own_options,
                                    .n_own = sizeof own_options / sizeof own_options[0],
                                    .short_o = "out",
                                    .n_words = 1};

/* Refuse flags that make no sense together. */
static kr_status check_request(const predict_request *r, kr_error *err) {
    const predict_config *c = &r->config;
    const settings_given *given = &r->call.given;
    if (!*c->checkpoint) {
        return kr_fail(err, KR_USAGE,
                       "--checkpoint: name the model: --checkpoint "
                       "checkpoints/SETTING/checkpoint.safetensors");
    }
    if (!r->data && !r->is_stream) {
        return kr_fail(err, KR_USAGE,
                       "name the data: krait predict DATA.csv --checkpoint FILE; or read rows from "
                       "standard input with --stream");
    }
    static const char *const not_streamed[] = {"at", "every", "out", "figure"};
    for (size_t i = 0; i < sizeof not_streamed / sizeof not_streamed[0] && r->is_stream; i++) {
        if (!settings_has(given, not_streamed[i])) continue;
        return kr_fail(err, KR_USAGE,
                       "--%s has no meaning with --stream, which prints a forecast for every row",
                       not_streamed[i]);
    }
    if (c->every > 0 && settings_has(given, "figure")) {
        return kr_fail(err, KR_USAGE,
                       "--figure shows one forecast, --every makes many; use --at for the one to "
                       "be drawn");
    }
    KR_TRY(predict_check_shard(c->shard, c->out, r->is_stream, err));
    return *c->out ? predict_check_out(c->out, err) : KR_OK;
}

static kr_status read_request(void *arg, kr_error *err) {
    predict_request *r = arg;
    predict_config *c = &r->config;
    command_call *call = &r->call;
    r->data = call->given.n_words > 0 ? call->given.words[0] : NULL;
    r->is_stream = settings_own(&call->given, "stream");
    KR_TRY(check_request(r, err));
    call->has_figures = call->has_figures && c->every == 0 && !r->is_stream;
    if (call->has_figures) KR_TRY(draw_check_name(c->figure, err));
    if (!settings_has(&call->given, "figure")) shard_rename(c->shard, c->figure);
    if (*c->out || call->is_json || r->is_stream) return KR_OK;
    strcpy(c->out, "forecast.csv");
    shard_rename(c->shard, c->out);
    return KR_OK;
}

/* ---- the model and the rows ------------------------------------------------------------- */

static kr_status open_model(predict_job *job, char *path, size_t size, kr_error *err) {
    const predict_request *r = job->request;
    job->checkpoint = r->model ? r->model_name : path;
    job->model = r->model;
    if (r->model) return KR_OK;
    return trained_model_open(job->request->config.checkpoint, path, size, &job->model, err);
}

static kr_status choose_levels(predict_job *job, kr_error *err) {
    const predict_request *r = job->request;
    job->options.size = sizeof job->options;
    job->options.levels = job->levels;
    return trained_model_levels(job->model, job->checkpoint, r->config.levels, &r->call.given,
                                r->call.is_quiet, job->levels, &job->options.n_levels, err);
}

static kr_status choose_steps(predict_job *job, kr_error *err) {
    int64_t n = job->request->config.steps, most = kr_forecaster_info_of(job->model)->pred_len;
    job->options.n_steps = n;
    if (n <= most) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--steps %" PRId64 ": the model forecasts %" PRId64
                   " steps; more need a model that was trained with a larger --pred_len",
                   n, most);
}

static kr_status open_history(predict_job *job, kr_error *err) {
    const predict_request *r = job->request;
    const predict_config *c = &r->config;
    const kr_rows_options how = predict_reading(c);
    const kr_history_options options = {
        .size = sizeof options, .gaps = trained_model_gaps(job->model, c->gaps), .rows = &how};
    if (!r->data && !r->rows) return KR_OK;
    if (r->rows) {
        KR_TRY(kr_history_of_rows(job->model, r->rows, 0, &options, &job->history, err));
    } else {
        KR_TRY(kr_history_read(job->model, r->data, &options, &job->history, err));
    }
    predict_print_notes(job);
    return KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status print_json(const predict_job *job, const kr_prediction *p, kr_error *err) {
    char *json = NULL;
    KR_TRY(predict_make_json(job, p, &json, err));
    json_write(json, stdout);
    kr_free(json);
    return KR_OK;
}

static kr_status report(const predict_job *job, const kr_prediction *p, kr_error *err) {
    const predict_request *r = job->request;
    bool has_file = *r->config.out && strcmp(r->config.out, "-") != 0;
    if (!r->call.is_quiet) predict_print_forecast(job, p);
    if (*r->config.out) KR_TRY(predict_write(job, p, err));
    if (has_file && !r->call.is_quiet) say(job->words, "Saved %s\n", r->config.out);
    if (r->watcher.see) KR_TRY(r->watcher.see(r->watcher.arg, job, p, err));
    if (r->call.has_figures) KR_TRY(predict_draw(job, p, err));
    if (r->call.has_figures && !r->call.is_quiet && !draw_has_failed())
        say(job->words, "Saved %s\n", r->config.figure);
    return r->call.is_json ? print_json(job, p, err) : KR_OK;
}

static kr_status forecast(const predict_job *job, kr_error *err) {
    int64_t *origins = NULL, n = 0;
    kr_prediction *prediction = NULL;
    KR_TRY(predict_choose_origins(job, &origins, &n, err));
    kr_status status = kr_forecaster_predict(job->model, job->history, n, origins, &job->options,
                                             &prediction, err);
    if (status == KR_OK) status = report(job, prediction, err);
    kr_prediction_destroy(prediction);
    kr_free(origins);
    return status;
}

static kr_status run_job(predict_job *job, kr_error *err) {
    char path[KR_FLAG_TEXT + 64];
    KR_TRY(open_model(job, path, sizeof path, err));
    KR_TRY(choose_steps(job, err));
    KR_TRY(choose_levels(job, err));
    trained_model_note_ids(job->model, job->request->config.id_column, job->request->call.is_quiet);
    if (kr_forecaster_info_of(job->model)->n_series > 0 && job->request->data)
        return predict_panel(job, err);
    KR_TRY(open_history(job, err));
    if (job->request->is_stream && kr_forecaster_info_of(job->model)->n_future > 0) {
        return kr_fail(err, KR_USAGE,
                       "--stream: the model needs columns that are known ahead (%.100s), but "
                       "arriving rows do not hold them; forecast from a file",
                       kr__forecaster_settings(job->model)->known_future);
    }
    if (job->request->is_stream) {
        program_catch_signals();
        return predict_stream(job, err);
    }
    if (!job->request->call.is_quiet && !job->request->model) predict_print_model(job);
    return forecast(job, err);
}

kr_status predict_run(const predict_request *request, kr_error *err) {
    bool uses_stdout = request->call.is_json || strcmp(request->config.out, "-") == 0;
    predict_job job = {.request = request, .words = uses_stdout ? stderr : stdout};
    kr_status status = run_job(&job, err);
    kr_history_destroy(job.history);
    if (!request->model) kr_forecaster_destroy(job.model);
    return status;
}

static kr_status run_request(void *arg, kr_error *err) {
    const predict_request *r = arg;
    const char *const outputs[] = {r->config.out, r->call.has_figures ? r->config.figure : ""};
    KR_TRY(command_probe(outputs, 2, err));
    return predict_run(r, err);
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"what comes after the last row, with its picture:",
     "krait predict sales.csv --checkpoint checkpoint.safetensors"},
    {"from an earlier point, where the truth is known:",
     "krait predict ETTh1.csv --checkpoint checkpoint.safetensors --at '2018-06-20 23:00'"},
    {"a forecast for every day of the file, as arrays for numpy:",
     "krait predict ETTh1.csv --checkpoint checkpoint.safetensors --every 24 --out daily.npz"},
    {"while rows arrive, a line of JSON for each:",
     "tail -n +1 -f live.csv | krait predict --stream --json --checkpoint checkpoint.safetensors"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"DATA",
     "A CSV file, gzip or not, with the columns that the model was trained on, in any order; other "
     "columns may hold anything and are named in a note. A model that was trained on dates needs "
     "rising dates with the same step as in its training. Scale, calendar features and the order "
     "of the columns come from the checkpoint.\n\n"
     "A model with columns that are known ahead (--known_future of krait run) needs them for the "
     "steps that it forecasts: rows at the end of the file with these columns filled in and all "
     "others empty.\n\n"
     "A model of a panel (--id_column of krait run, a folder of files, M4) forecasts every series "
     "of a table with such a column, or of a folder, into one CSV file with the column series. A "
     "series that it was trained on keeps its scale, a new series is scaled by its own rows; "
     "series that are too short are left out and named in a note.\n\n"
     "Empty cells and missing rows are treated as in the training, or as --gaps says: an error, or "
     "filled and counted; errors are measured without them."},
    {"SHARDS",
     "With --shard 2/8 a model of a panel forecasts the second of eight parts of the series, into "
     "forecast-2-of-8.csv; krait merge forecast-*-of-8.csv makes the table of all, bit for bit as "
     "one process does. Names decide which series are in a part (krait forecast --help). A table "
     "of one series is not shared out: its model sees all columns together."},
    {"INTERVALS",
     "They are conformal: krait run keeps the errors of the validation windows in the checkpoint, "
     "step by step and column by column. If the future is like those windows, an interval of 80 % "
     "holds the truth in at least 80 of 100 cases. A level that needs more windows than there were "
     "is refused; if it is a default level, it is left out with a note. A checkpoint of an older "
     "version, without these errors, can still forecast."},
    {"FILES",
     "CSV: one row per step: the date (a number from 1 if the dates have no regular step; without "
     "a time of day where all rows are at midnight), each column, and its bounds as "
     "COLUMN_lower_80, COLUMN_upper_80. With --every and --stream the "
     "column origin says which row the forecast follows. A name that a spreadsheet would take for "
     "a formula, because it begins with = + - or @, has an apostrophe before it; krait removes it "
     "when it reads such a file.\n\n"
     ".npz: forecast and truth (forecasts, steps, columns) as float64, lower and upper (levels, "
     "forecasts, steps, columns), levels, timestamps (forecasts, steps) and origin (forecasts) in "
     "microseconds since 1970, columns. truth is NaN after the end of the data.\n\n"
     ".json: the same, by name; errors where the truth is known.\n\n"
     "forecast.png: the rows before, the forecast, its intervals, and the truth where it is known; "
     "12 columns at most. With --every and --stream nothing is drawn."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_predict = {
    .name = "predict",
    .summary = "forecast what comes after the data, with a trained model",
    .usage = "[DATA] --checkpoint FILE [--flag value]...",
    .purpose =
        "Forecast the steps that follow the last row of a CSV file, or any earlier row, in "
        "original units with their dates and intervals, and draw them. The model is a "
        "checkpoint of krait run or fit, which keeps how its table was written, its gaps, "
        "columns and calendar.",
    .settings = &predict_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(predict_request),
    .config = offsetof(predict_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
};
