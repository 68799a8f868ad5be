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
#include "core/text.h"
#include "forecast/predict_internal.h"
#include "framework/drawing.h"
#include "framework/output_folder.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/shard_output.h"
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

static kr_status read_shard(backtest_request *r, kr_error *err) {
    backtest_config *c = &r->config;
    KR_TRY(shard_check(c->shard, err));
    if (!*c->shard) return KR_OK;
    if (c->folds == 0 && c->every == 0) {
        return kr_fail(
            err, KR_USAGE,
            "--shard: which rows are forecast from depends on how many series there are in "
            "all; say it with --folds or --every");
    }
    if (!settings_has(&r->call.given, "out")) shard_rename(c->shard, c->out);
    return KR_OK;
}

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
    return read_shard(r, err);
}

/* ---- the model and the rows ------------------------------------------------------------- */

#define KR_READING_OWNER backtest_config
#include "tables/take_reading.inc"

/* Of all series together; how the rows that were filled lie is said of one alone. */
static void note_gaps(const backtest *b, const char *gaps) {
    const kr_history *h = b->series[0];
    int64_t n_rows = 0, n_cells = 0;
    char text[KR__GAPS_TEXT];
    for (int64_t i = 0; i < b->n_series; i++) {
        n_rows += b->series[i]->gaps.n_rows;
        n_cells += b->series[i]->gaps.n_cells;
    }
    if (n_rows + n_cells == 0) return;
    say(stderr,
        "krait backtest: note: %s: %" PRId64 " missing row%s and %" PRId64
        " empty cell%s were filled (--gaps %s); they are not counted as truth\n",
        b->request->data, n_rows, kr__plural(n_rows), n_cells, kr__plural(n_cells), gaps);
    if (b->n_series > 1 || !h->has_frequency) return;
    if (kr__gaps_share(&h->gaps, h->n_rows, &h->frequency, text)) {
        say(stderr, "krait backtest: note: %s: %s\n", h->name, text);
    }
}

/* Rows behind the last known value of what is forecast take no part. */
static void note_ahead(const backtest *b) {
    int64_t n = 0;
    for (int64_t i = 0; i < b->n_series; i++) {
        if (b->series[i]->n_ahead > n) n = b->series[i]->n_ahead;
    }
    if (n == 0) return;
    say(stderr,
        "krait backtest: note: %s: the last %" PRId64
        " row%s%s hold%s known futures only; no forecast is judged there\n",
        b->request->data, n, kr__plural(n), b->n_series > 1 ? " of a series, at most," : "",
        n == 1 ? "s" : "");
}

static bool is_panel(const backtest *b) { return kr_forecaster_info_of(b->model)->n_series > 0; }

static kr_status open_panel(backtest *b, const kr_history_options *options, kr_error *err) {
    if (b->request->is_refit) {
        return kr_fail(err, KR_USAGE,
                       "--refit trains on one series, and %s is a model of a panel; leave it out",
                       b->checkpoint);
    }
    KR_TRY(kr__history_read_rows(b->model, b->request->data, options, &b->rows, err));
    if (shard_is_empty(b->rows)) return KR_OK;
    KR_TRY(backtest_check_rows(b, b->rows, err));
    KR_TRY(kr_history_panel_of_rows(b->model, b->rows, options, &b->panel, err));
    kr__rows_drop_values(b->rows);
    b->series = (const kr_history *const *)b->panel->series;
    b->n_series = b->panel->n;
    return KR_OK;
}

static kr_status open_history(backtest *b, kr_error *err) {
    const backtest_config *c = &b->request->config;
    kr_rows_options how = take_reading(c);
    how.shard = c->shard;
    const char *gaps = trained_model_gaps(b->model, c->gaps);
    const kr_history_options options = {.size = sizeof options,
                                        .gaps = gaps,
                                        .rows = &how,
                                        .id_column = *c->id_column ? c->id_column : NULL};
    if (is_panel(b)) {
        KR_TRY(open_panel(b, &options, err));
        if (b->n_series == 0) return KR_OK;
    } else {
        KR_TRY(kr_history_read(b->model, b->request->data, &options, &b->own, err));
        b->series = (const kr_history *const *)&b->own;
        b->n_series = 1;
    }
    if (b->request->call.is_quiet) return KR_OK;
    note_gaps(b, gaps);
    note_ahead(b);
    return KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

/* Many series are told by their numbers. */
static bool has_figures(const backtest *b) { return b->request->call.has_figures && !is_panel(b); }

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
    kr__path_join(folder, "backtest.csv", path, sizeof path);
    KR_TRY(is_panel(b) ? backtest_write_panel_csv(b, path, err) : backtest_write_csv(b, path, err));
    KR_TRY(backtest_make_json(b, is_panel(b) ? backtest_add_panel_json : backtest_add_json, json,
                              err));
    kr__path_join(folder, "backtest.json", path, sizeof path);
    KR_TRY(kr__file_write(path, *json, strlen(*json), err));
    return has_figures(b) ? draw_apart(draw, b, err) : KR_OK;
}

static kr_status report(const backtest *b, char **json, kr_error *err) {
    const backtest_request *r = b->request;
    char path[BACKTEST_PATH];
    if (r->call.out && is_panel(b)) backtest_print_panel(b);
    if (r->call.out && !is_panel(b)) backtest_print(b);
    KR_TRY(write_files(b, json, err));
    if (!r->call.out) return KR_OK;
    say(r->call.out, "Saved %s, backtest.json%s\n",
        kr__path_join(r->config.out, "backtest.csv", path, sizeof path),
        has_figures(b) && !draw_has_failed() ? ", backtest.png, backtest.pdf" : "");
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
    return r->is_refit ? output_folder_take(&claim, err) : output_folder_lock(out, err);
}

static kr_status run(backtest *b, kr_error *err) {
    const backtest_config *c = &b->request->config;
    const kr_backtest_options options = {.size = sizeof options,
                                         .folds = c->folds,
                                         .every = c->every,
                                         .season = c->season,
                                         .is_refit = b->request->is_refit,
                                         .is_part = *c->shard,
                                         .name = b->request->data};
    KR_TRY(kr_backtest_create(b->model, b->series, b->n_series, &options, &b->run, err));
    if (b->request->is_refit) return backtest_refit(b, err);
    KR_TRY(backtest_choose_levels(b, b->model, err));
    if (b->request->parts) return backtest_take_folds(b, err);
    return kr_backtest_run(b->run, err);
}

/* Its scores are those of its series alone; krait merge makes those of all from its forecasts. */
static kr_status run_shard(backtest *b, char **json, kr_error *err) {
    const backtest_request *r = b->request;
    const shard_part part = {.call = &r->call,
                             .shard = r->config.shard,
                             .table = &table,
                             .config = &r->config,
                             .data = r->data,
                             .rows = b->rows};
    shard_print(&part);
    shard_note_remove(r->config.out);
    kr_status status = shard_is_empty(b->rows) ? KR_OK : run(b, err);
    if (status == KR_SHAPE) { /* too short ones, which the whole leaves out as well */
        say(stderr, "krait backtest: note: %s\n", err->text);
    } else if (!shard_is_empty(b->rows)) {
        KR_TRY(status);
        KR_TRY(report(b, json, err));
        KR_TRY(backtest_keep_folds(b, err));
    }
    return shard_note_write(&part, r->config.out, err);
}

static kr_status run_backtest(backtest *b, char **json, kr_error *err) {
    KR_TRY(trained_model_open(b->request->config.checkpoint, b->checkpoint, sizeof b->checkpoint,
                              &b->model, err));
    trained_model_note_ids(b->model, b->request->config.id_column, b->request->call.is_quiet);
    KR_TRY(open_history(b, err));
    if (b->request->is_refit) program_catch_signals();
    KR_TRY(take_folder(b->request, err));
    if (*b->request->config.shard) return run_shard(b, json, err);
    KR_TRY(run(b, err));
    return report(b, json, err);
}

static void close_backtest(backtest *b) {
    kr_backtest_destroy(b->run);
    kr_history_panel_destroy(b->panel);
    kr_rows_destroy(b->rows);
    kr_history_destroy(b->own);
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
    {"what a model would have said where krait fit judges:",
     "krait backtest data/ETTh1.csv --checkpoint fit"},
    {"its last ten forecasts, none overlapping:",
     "krait backtest data/ETTh1.csv --checkpoint checkpoint.safetensors --folds 10"},
    {"one forecast per day over the last 60 days, as JSON:",
     "krait backtest data/ETTh1.csv --checkpoint checkpoint.safetensors --folds 60 --every 24 "
     "--json > backtest.json"},
    {"a new training with the model's settings on the rows before each of five origins:",
     "krait backtest data/ETTh1.csv --checkpoint checkpoint.safetensors --refit --folds 5"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"ORIGINS",
     "Without --folds and --every they are those that krait fit judges by: over the last three "
     "tenths of the rows, or two forecasts at least, 12 at most of a single series, so that both "
     "say the same of a model that krait fit has not made anew from all rows (its --no_refit), or "
     "that is statistical. With one of them the last origin is the last row of DATA with enough "
     "rows after it for a full forecast, and the others lie before it, --every rows apart. A "
     "forecast sees only the rows up to its origin.\n\n"
     "Without --refit the model is used as it is. If it was trained on rows after an origin, its "
     "errors there are smaller than they will be on new rows; choose --folds and --every so that "
     "all origins come after the rows that it was trained on. Statistical models are fitted at "
     "each origin in any case."},
    {"PANELS",
     "A model of a panel is tested on every series of DATA, which is read as krait predict reads "
     "it. Scores are those of each series, their means over the series, and the median MASE; "
     "series that are too short to be judged are named in a note. There is no figure and no "
     "--refit."},
    {"SHARDS",
     "With --shard 2/8 a panel's model is tested on the second of eight parts of the series, into "
     "the folder backtest-2-of-8; scores and verdict there are of these series alone. folds.npz "
     "keeps the forecasts, so that krait merge backtest-*-of-8 can make scores, intervals and "
     "verdict of all series, bit for bit as one process does; it reads DATA and the checkpoint "
     "again for that, but does not forecast. --folds or --every must say the origins."},
    {"VERDICT",
     "The error of the model beside that of the best rule of thumb (the last value, the last "
     "season, the last season with a drift): of a table that of the median column, of a panel "
     "that of the median series. The range holds 90 of 100 resamples, of series where there are "
     "many, else of blocks of origins. Where it holds 0, the model is no better as far as these "
     "data can tell; krait fit says the same in the same words."},
    {"REFIT",
     "With --refit each fold trains its own model with the settings of the checkpoint, on the rows "
     "up to its origin; the last eighth of them (at least the length of a forecast) is for "
     "validation. The simplest linear models are trained the same way. All are kept in "
     "OUT/folds/N/SETTING/checkpoint.safetensors; SIGINT (Ctrl-C) saves, and the same command with "
     "--resume continues. Columns that the checkpoint does not know are left out."},
    {"ERRORS",
     "e is truth minus forecast, over all steps, columns and folds whose truth is known.\n\n"
     "MASE: mean of |e| over the mean |x[t] - x[t - season]| of the column's rows up to the first "
     "origin (of neighbours where that is 0). Below 1, the forecast is closer than a seasonal "
     "naive forecast was on those rows, one season ahead.\n\n"
     "RMSSE: root of the mean of e^2 over the mean (x[t] - x[t - season])^2 of these rows.\n\n"
     "sMAPE: mean of 200 |e| / (|truth| + |forecast|), percent, as in M4.\n\n"
     "MAE, RMSE: in original units, which may differ from column to column.\n\n"
     "Naive repeats the last value, SeasonalNaive the last season, SeasonalDrift adds its drift. "
     "Intervals are those of krait predict."},
    {"FILES",
     "In the folder of --out: backtest.csv, a line for each forecaster (all, each step, origin and "
     "column, or series) with the number of values and its errors; backtest.json, the same, the "
     "verdict and the intervals; "
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
        "Let a trained model forecast from many rows of a table whose future is known, and "
        "measure its errors beside those of rules of thumb, with scales that can be compared "
        "between columns, series and files.",
    .settings = &backtest_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(backtest_request),
    .config = offsetof(backtest_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
};
