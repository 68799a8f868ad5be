/* SPDX-License-Identifier: MIT
 * cmd_backtest.c - krait backtest: forecasts from many points of the past, compared with what
 * followed.
 */
#include <inttypes.h>
#include <string.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "core/flags.h"
#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/output_folder.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/trained_model.h"

/* ---- the request ------------------------------------------------------------------------ */

#define KR_FLAG_OWNER backtest_config
#define KR_FLAG_NAME "backtest"
#define KR_FLAG_LIST "backtest/backtest_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"
#include "tables/gaps.h"

static const kr_flag_table *backtest_flags(void) { return &table; }

static const option own_options[] = {
    SWITCH_OPTION("backtest", "refit",
                  "train a model with the settings of the checkpoint before each origin, and the "
                  "simplest linear models for comparison"),
    SWITCH_OPTION("backtest", "resume", "with --refit: continue a backtest that was interrupted"),
    FORCE_OPTION,
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    JSON_OPTION("the result as JSON"),
    QUIET_OPTION("print errors only"),
    UNPACK_OPTION,
};

static settings backtest_settings = {.command = "backtest",
                                     .flags = backtest_flags,
                                     .own = own_options,
                                     .n_own = sizeof own_options / sizeof own_options[0],
                                     .short_o = "out",
                                     .n_words = 1};

static kr_status read_request(void *arg, kr_error *err) {
    backtest_request *r = arg;
    const settings_given *given = &r->call.given;
    r->data = given->n_words > 0 ? given->words[0] : NULL;
    r->is_refit = settings_own(given, "refit");
    r->resumes = settings_own(given, "resume");
    if (!r->data) {
        return kr_fail(err, KR_USAGE, "name the data: krait backtest DATA.csv --checkpoint FILE");
    }
    if (r->resumes && !r->is_refit) {
        return kr_fail(err, KR_USAGE,
                       "--resume continues the trainings of --refit; give --refit, too");
    }
    return KR_OK;
}

/* ---- the model and the rows ------------------------------------------------------------- */

#define KR_READING_OWNER backtest_config
#include "tables/take_reading.inc"

static kr_status open_history(backtest *b, kr_error *err) {
    const backtest_config *c = &b->request->config;
    const kr_rows_options how = take_reading(c);
    const char *gaps = trained_model_gaps(b->model, c->gaps);
    const kr_history_options options = {.size = sizeof options, .gaps = gaps, .rows = &how};
    KR_TRY(kr_history_read(b->model, b->request->data, &options, &b->history, err));
    const kr_gaps_report *g = &b->history->gaps;
    if (g->n_rows + g->n_cells > 0 && !b->request->call.is_quiet) {
        say(stderr,
            "krait backtest: note: %s: %" PRId64 " missing row%s and %" PRId64
            " empty cell%s were filled (--gaps %s); they are not counted as truth\n",
            b->history->name, g->n_rows, g->n_rows == 1 ? "" : "s", g->n_cells,
            g->n_cells == 1 ? "" : "s", gaps);
        char text[KR__GAPS_TEXT];
        const kr_history *h = b->history;
        if (h->has_frequency && kr__gaps_share(g, h->n_rows, &h->frequency, text)) {
            say(stderr, "krait backtest: note: %s: %s\n", h->name, text);
        }
    }
    return KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status draw(const void *arg, kr_error *err) {
    static const char *const pictures[] = {"backtest.png", "backtest.pdf"};
    const backtest *b = arg;
    char path[BACKTEST_PATH];
    for (int i = 0; i < 2; i++) {
        kr__path_join(b->request->config.out, pictures[i], path, sizeof path);
        KR_TRY(backtest_draw(b, path, err));
    }
    return KR_OK;
}

static kr_status write_files(const backtest *b, char **json, kr_error *err) {
    const char *folder = b->request->config.out;
    char path[BACKTEST_PATH];
    KR_TRY(backtest_write_csv(b, kr__path_join(folder, "backtest.csv", path, sizeof path), err));
    KR_TRY(backtest_make_json(b, json, err));
    kr__path_join(folder, "backtest.json", path, sizeof path);
    KR_TRY(kr__file_write(path, *json, strlen(*json), err));
    return b->request->call.has_figures ? draw_apart(draw, b, err) : KR_OK;
}

static kr_status report(const backtest *b, char **json, kr_error *err) {
    const backtest_request *r = b->request;
    char path[BACKTEST_PATH];
    if (r->call.out) backtest_print(b);
    KR_TRY(write_files(b, json, err));
    if (!r->call.out) return KR_OK;
    say(r->call.out, "Saved %s, backtest.json%s\n",
        kr__path_join(r->config.out, "backtest.csv", path, sizeof path),
        r->call.has_figures && !draw_has_failed() ? ", backtest.png, backtest.pdf" : "");
    return KR_OK;
}

/* Models that were trained are not replaced by those of other settings, nor gone on with. */
static kr_status take_folder(const backtest_request *r, kr_error *err) {
    static const char *const ignored[] = {"out", "threads", NULL};
    char models[BACKTEST_PATH];
    const char *out = r->config.out;
    const output_claim claim = {.call = &r->call,
                                .folder = *out ? out : ".",
                                .noun = "a backtest",
                                .holds = {kr__path_join(out, "folds", models, sizeof models)},
                                .table = &table,
                                .config = &r->config,
                                .ignored = ignored,
                                .data = r->data,
                                .elsewhere = "--out",
                                .goes_on = r->resumes};
    return r->is_refit ? output_folder_take(&claim, err) : kr__make_folders(out, err);
}

static kr_status run_backtest(backtest *b, char **json, kr_error *err) {
    KR_TRY(trained_model_open(b->request->config.checkpoint, b->checkpoint, sizeof b->checkpoint,
                              &b->model, err));
    KR_TRY(open_history(b, err));
    if (b->request->is_refit) program_catch_signals();
    KR_TRY(take_folder(b->request, err));
    KR_TRY(backtest_run(b, err));
    return report(b, json, err);
}

static void close_backtest(backtest *b) {
    for (int i = 0; i < b->n_models; i++) {
        kr_free(b->models[i].forecast);
        kr__backtest_scores_deinit(&b->models[i].scores);
    }
    kr_free(b->origins);
    kr_free(b->values);
    kr_free(b->scales);
    kr_free(b->truth);
    kr_free(b->lower);
    kr_free(b->upper);
    kr_history_destroy(b->history);
    kr_forecaster_destroy(b->model);
}

static kr_status run_request(void *arg, kr_error *err) {
    backtest_request *r = arg;
    backtest b = {.request = r, .words = r->call.words};
    kr_status status = run_backtest(&b, &r->call.json, err);
    close_backtest(&b);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"the last ten forecasts of a model, none overlapping:",
     "krait backtest data/ETTh1.csv --checkpoint checkpoint.safetensors"},
    {"one forecast per day over the last 60 days, as JSON:",
     "krait backtest data/ETTh1.csv --checkpoint checkpoint.safetensors --folds 60 --every 24 "
     "--json > backtest.json"},
    {"a new training with the model's settings on the rows before each of five origins:",
     "krait backtest data/ETTh1.csv --checkpoint checkpoint.safetensors --refit --folds 5"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"ORIGINS",
     "The last origin is the last row of DATA with enough rows after it for a full forecast; the "
     "others lie before it, --every rows apart. A forecast sees only the rows up to its origin.\n\n"
     "Without --refit the model is used as it is. If it was trained on rows after an origin, its "
     "errors there are smaller than they will be on new rows; choose --folds and --every so that "
     "all origins come after the rows that it was trained on."},
    {"REFIT",
     "With --refit each fold trains its own model with the settings of the checkpoint, on the rows "
     "up to its origin; the last eighth of them (at least the length of a forecast) is for "
     "validation. The simplest linear models are trained the same way. All are kept in "
     "OUT/folds/N/SETTING/checkpoint.safetensors; SIGINT (Ctrl-C) saves, and the same command with "
     "--resume continues. Columns that the checkpoint does not know are left out."},
    {"ERRORS",
     "e is truth minus forecast, over all steps, columns and folds whose truth is known.\n\n"
     "MASE: mean of |e| over the mean |x[t] - x[t - season]| of the column's rows up to the "
     "origin. Below 1, the forecast is closer than a seasonal naive forecast was on those rows, "
     "one "
     "season ahead.\n\n"
     "RMSSE: root of the mean of e^2 over the mean (x[t] - x[t - season])^2 of these rows.\n\n"
     "sMAPE: mean of 200 |e| / (|truth| + |forecast|), percent, as in M4.\n\n"
     "MAE, RMSE: in original units, which may differ from column to column.\n\n"
     "naive repeats the last value, seasonal naive the last season. Intervals are those of krait "
     "predict."},
    {"FILES",
     "In the folder of --out: backtest.csv, a line for each forecaster (all, each step, origin and "
     "column) with the number of values and its errors; backtest.json, the same and the intervals; "
     "backtest.png and backtest.pdf, MASE by forecast step and by origin. With --refit, folds, the "
     "models, and .krait_backtest.json, of which data and settings they are: others do not replace "
     "them without --force."},
    {NULL, NULL},
};

const command command_backtest = {
    .name = "backtest",
    .summary = "forecast from many points of the past and compare with what followed",
    .usage = "DATA --checkpoint FILE [--flag value]...",
    .purpose =
        "Let a trained model forecast from many rows of a CSV file whose future is known, and "
        "measure its errors beside those of the naive and the seasonal naive forecast, with scales "
        "that can be compared between columns and files.",
    .settings = &backtest_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(backtest_request),
    .config = offsetof(backtest_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
};
