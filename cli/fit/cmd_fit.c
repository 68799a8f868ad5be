/* SPDX-License-Identifier: MIT
 * cmd_fit.c - krait fit: from a table to a forecast, without further settings. */
#include <string.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "fit/fit_command.h"
#include "framework/output_folder.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "framework/shard_output.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option own_options[] = {
    FORCE_OPTION,
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    QUIET_OPTION("print the verdict only"),
    JSON_OPTION("fit.json"),
    UNPACK_OPTION,
};

static settings fit_settings = {.command = "fit",
                                .flags = kr__fit_flags,
                                .own = own_options,
                                .n_own = sizeof own_options / sizeof own_options[0],
                                .short_o = "out",
                                .n_words = 1};

static kr_status read_request(void *arg, kr_error *err) {
    fit_request *r = arg;
    if (r->call.given.n_words == 0) {
        return kr_fail(err, KR_USAGE, "name the data: krait fit DATA.csv --horizon 24");
    }
    r->path = r->call.given.words[0];
    if (!*r->config.out) strcpy(r->config.out, ".");
    KR_TRY(shard_check(r->config.shard, err));
    if (!settings_has(&r->call.given, "out")) shard_rename(r->config.shard, r->config.out);
    return kr__fit_config_check(&r->config, err);
}

/* ---- the work --------------------------------------------------------------------------- */

static void see_log(void *arg, kr_log_level level, const char *line) {
    fit_console *console = arg;
    if (level < KR_LOG_NOTE || (level == KR_LOG_NOTE && !console->out)) return;
    char note[sizeof console->last_note];
    snprintf(note, sizeof note, "%s", line);
    if (level == KR_LOG_NOTE && strcmp(note, console->last_note) == 0) return;
    memcpy(console->last_note, note, sizeof note);
    progress_clear(&console->progress);
    say(stderr, "krait fit: %s: %s\n", level == KR_LOG_NOTE ? "note" : "warning", line);
}

static kr_status write_all(const fit_request *r, const kr_fit *fit, char **json, kr_error *err) {
    char path[FIT_PATH];
    kr__fit_held_out held;
    KR_TRY(kr__fit_held_out_init(&held, &fit->data, &fit->result, err));
    kr_status status = fit_write_files(r, fit, json, err);
    if (status == KR_OK) {
        status = kr__fit_held_out_write(&held, fit_path(r, "held_out.csv", path), err);
    }
    if (status == KR_OK) status = fit_forecast(r, fit->rows, &held, err);
    kr__fit_held_out_deinit(&held);
    return status;
}

static kr_status conclude(fit_console *console, const kr_fit *fit, char **json, kr_error *err) {
    const fit_request *r = console->request;
    char path[FIT_PATH];
    FILE *out = r->call.words;
    KR_TRY(write_all(r, fit, json, err));
    if (console->out) fputc('\n', out);
    say(out, "%s\n", fit->verdict);
    if (!console->out) return KR_OK;
    say(out, "\nmodel, comparison, forecast: %s/\n", r->config.out);
    say(out, "all of it on one page: krait report %s\n", r->config.out);
    say(out, "forecast newer rows: krait predict NEW.csv --checkpoint %s\n",
        fit_path(r, "model.safetensors", path));
    return KR_OK;
}

/* Also where it goes on: the models that are done would be those of other rows. */
static kr_status take_folder(const fit_request *r, kr_error *err) {
    static const char *const ignored[] = {"out", "resume", "threads", NULL}, *const may_change[] = {
                                                                                 "models",
                                                                                 "time_budget",
                                                                                 NULL};
    char paths[3][FIT_PATH];
    const output_claim claim = {
        .call = &r->call,
        .folder = r->config.out,
        .noun = "a fit",
        .holds = {fit_path(r, "fit.json", paths[0]), fit_path(r, "model.safetensors", paths[1]),
                  fit_path(r, "checkpoints", paths[2])},
        .table = kr__fit_flags(),
        .config = &r->config,
        .ignored = ignored,
        .may_change = r->config.resume ? may_change : NULL,
        .data = r->path,
        .elsewhere = "--out",
        .goes_on = r->config.resume};
    return output_folder_take(&claim, err);
}

static kr_status train(fit_console *console, kr_fit *fit, kr_error *err) {
    const fit_request *r = console->request;
    char folder[FIT_PATH];
    const kr_fit_observer observer = fit_observe(console);
    KR_TRY(take_folder(r, err));
    if (*r->config.shard) shard_note_remove(r->config.out);
    fit_print_plan(console, &fit->plan);
    const kr_fit_options options = {.size = sizeof options,
                                    .observer = &observer,
                                    .folder = fit_path(r, "checkpoints", folder),
                                    .resumes = r->config.resume,
                                    .spent = kr__time_now() - console->started};
    return kr_fit_run(fit, &options, err);
}

/* A column that is known ahead is of use only if it is there: said before any time is spent. */
static void tell_known_future(const fit_request *r, const kr_fit_look *look) {
    if (!*r->config.known_future || look->ahead.most > 0) return;
    say(stderr,
        "krait fit: note: %s: there are no rows behind the last one, so that nothing can be "
        "forecast yet; add %jd row%s with nothing but %s filled in\n",
        r->path, (intmax_t)r->config.horizon, kr__plural(r->config.horizon),
        r->config.known_future);
}

static kr_status fit_rows(fit_console *console, const kr_rows *rows, char **json, kr_error *err) {
    const fit_request *r = console->request;
    kr_fit *fit = NULL;
    KR_TRY(kr__fit_create(program_team(), &r->config, rows, &fit, err));
    const fit_look_words words = {
        .path = r->path, .known_future = r->config.known_future, .gaps = r->config.gaps};
    fit_print_look(console->out, &words, &fit->data.look);
    tell_known_future(r, &fit->data.look);
    kr_status status = kr_fit_decide(fit, err);
    if (status == KR_OK) status = train(console, fit, err);
    progress_clear(&console->progress);
    if (status == KR_OK) status = conclude(console, fit, json, err);
    if (status == KR_INTERRUPTED) {
        kr_error_append(err, "; all is kept in %s; the same command with --resume continues",
                        r->config.out);
    }
    kr_fit_destroy(fit);
    return status;
}

/* It sees no other series, neither in training nor where it chooses. */
static kr_status fit_shard(fit_console *console, const kr_rows *rows, char **json, kr_error *err) {
    const fit_request *r = console->request;
    const shard_part part = {.call = &r->call,
                             .shard = r->config.shard,
                             .table = kr__fit_flags(),
                             .config = &r->config,
                             .data = r->path,
                             .rows = rows};
    shard_print(&part);
    if (shard_is_empty(rows)) {
        KR_TRY(output_folder_lock(r->config.out, err));
        return shard_note_write(&part, r->config.out, err);
    }
    if (console->out) {
        say(console->out, "models are chosen and trained from the series of this shard alone\n");
    }
    KR_TRY(fit_rows(console, rows, json, err));
    return shard_note_write(&part, r->config.out, err);
}

static kr_status fit(fit_console *console, char **json, kr_error *err) {
    kr_rows *rows = NULL;
    const fit_request *r = console->request;
    KR_TRY(fit_read_rows(&r->config, r->path, &rows, err));
    kr_status status =
        *r->config.shard ? fit_shard(console, rows, json, err) : fit_rows(console, rows, json, err);
    kr_rows_destroy(rows);
    return status;
}

static kr_status run_request(void *arg, kr_error *err) {
    fit_request *r = arg;
    fit_console console = {.request = r, .out = r->call.out, .started = kr__time_now()};
    r->call.log_arg = &console;
    kr_status status = fit(&console, &r->call.json, err);
    r->call.log_arg = NULL;
    return status;
}

/* ---- flags without effect ------------------------------------------------------------------- */

static bool are_statistical(const char *models) {
    char name[64];
    while (*models) {
        size_t n = strcspn(models, ",");
        snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : 0, models);
        if (!kr__local_find(name)) return false;
        models += n + (models[n] == ',');
    }
    return true;
}

static bool is_unused(const void *config, const char *name, char why[UNUSED_WHY]) {
    const kr_fit_config *c = config;
    bool is_of_learned = strcmp(name, "lookback") == 0 || strcmp(name, "static_columns") == 0;
    if (!is_of_learned || !are_statistical(c->models)) return false;
    snprintf(why, UNUSED_WHY, "not used by statistical models");
    return true;
}

static void list_unused(const void *arg, unused_flags *unused) {
    const fit_request *r = arg;
    unused_flags_add_given(unused, &r->call.given, is_unused, &r->config);
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"the next day of an hourly table, with its picture:", "krait fit data/ETTh1.csv --horizon 24"},
    {"a year of every product, from a table of months (unique_id, ds, y):",
     "krait fit sales.csv --horizon 12"},
    {"one column of it, in five minutes at most:",
     "krait fit data/ETTh1.csv --horizon 96 --target OT --time-budget 5m"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"SERIES",
     "DATA is one series, a table with a column for each, or many series: a file with a column "
     "that names the series of each row, which --id_column names or which is found where dates "
     "come several times, or, without dates, where a column called id, unique_id, series, item or "
     "the like has each word in one run of rows, a folder of files, one series each, or a file "
     "with a row for each series, its name and then its values, as M4's are. Three rows and the "
     "horizon are "
     "enough for a series; shorter ones are forecast, but nothing is learnt from them."},
    {"RULES",
     "The choices are printed with their reasons before the work begins. The season follows from "
     "the step of the dates: 24 for hours, 7 for days, 52 for weeks, 12 for months, the open days "
     "of a week, the rows of a day that begins and ends; above a day there is also a week, above a "
     "week of days a year. Learned models are tried where at least 100 rows and four horizons are "
     "left to train them on. Their look-back is the longest of two horizons, 32 steps, and seven "
     "seasons (two, if a season is longer than 24 steps), but at most a third of the training "
     "rows. Patches have about 16 steps and are chosen to fit the season. The width grows with the "
     "number of values: 32, 64, 128. The smaller a model, the more steps it trains for, 300 to "
     "5,200; the first learned model, if it is small, tries Huber's loss, MAE, MSE and MAE with "
     "that of the spectrum (FreDF), and those after it take the one that was best.\n\n"
     "How long all will take is said first, measured on a few windows and steps. With "
     "--time-budget there are fewer windows of the past where statistical models would take more "
     "than half of it, and the remaining time is divided among the remaining models, each of which "
     "does as many steps as fit; where too little is left to train one on all rows, it stays as it "
     "was. The result then depends on the machine; without it the same seed "
     "gives the same bits."},
    {"DATES",
     "The step is found in the dates: from microseconds to weeks, or months, quarters and years on "
     "one day of the month, which is the last where a month lacks it. Weekdays on which there is "
     "never a row are closed, and so are the hours before the first row of a day, after its last, "
     "and in a pause between them. Nothing is filled in on closed days and hours, and no forecast "
     "falls on them. They are named with the step: business days, month ends, weeks from Monday, "
     "1 day, Monday to Saturday. Days that are missing otherwise, such as holidays, are gaps; a "
     "note says what share of the rows they are.\n\n"
     "krait info DATA.csv says the same."},
    {"COMPARISON",
     "All models forecast the past of every column of every series from the same origins, knowing "
     "only the rows up to each: up to 96 of a single column, two of each series of a large panel, "
     "of a very large one those of every second, third .. series. The earlier windows choose, the "
     "later ones judge, and their rows do not overlap. Statistical "
     "models are fitted anew at each origin, to the last 1,000 rows at most; learned ones are "
     "trained once, on the rows before all windows; ZeroShot has learnt from simulated series, "
     "ZeroShotTuned (--from) goes on from it with the rows before all windows.\n\n"
     "An error is the mean absolute error in units of the mean change from one season to the next "
     "(MASE). What is chosen is the median of the best few statistical models and the best learned "
     "one: as many as are within 2 % of the least error that such a median has.\n\n"
     "The verdict compares it with the best rule of thumb (Naive: the last value again; "
     "SeasonalNaive: the last season; SeasonalDrift: the last season and the mean step to it) on "
     "the later windows, for the median column or series. The range holds 90 of 100 resamples of "
     "the series, or of blocks of origins where series are few. If all of it is above 0, it is "
     "better; if all is below, the rule is used; if it holds 0, it is no better; and with fewer "
     "than four blocks there is too little data to tell.\n\n"
     "Then the model is made anew: statistical ones need no more than the last rows; a learned one "
     "is trained again on all rows, for as many epochs as were best before (--no-refit leaves it "
     "as it is)."},
    {"INTERVALS",
     "The past also says how far off forecasts are: the errors of all windows, in units of the "
     "spread that the models tell for each step and series, make the intervals. The spread is "
     "wider "
     "after wild values and narrower after calm ones. How far a window as a whole lay off does not "
     "say to which side the next one will, so that each counts mirrored, too. Where the intervals "
     "of a round of windows, "
     "made from what was known then, held too little, those after it are wider, and the other way "
     "round: so they follow drift, and so it is counted what share of the values they held. Where "
     "there are fewer than ten windows errors are taken for normal, with a width between theirs "
     "and what the models tell, and intervals are wider for its not being known. A column that was "
     "never below 0 is not forecast below 0, nor are its intervals; --lower and --upper set other "
     "bounds, and --integers makes forecasts whole numbers. The model keeps these for krait "
     "predict."},
    {"SHARDS",
     "With --shard 2/8 only the second of eight parts of the series is looked at, or, of a table "
     "without a column of series, of its columns (krait forecast --help says which are in it), in "
     "the folder fit-2-of-8. Models are then chosen, trained and judged on these series alone, and "
     "intervals come from their errors, so that forecasts differ from those of a fit of all. krait "
     "merge fit-*-of-8 joins the forecasts and the scores of all series and counts how often each "
     "model was chosen; it makes no model and no verdict of all. For one model of all series fit "
     "them without --shard, or a part of them, and share out krait predict."},
    {"FILES",
     "In the folder of --out:\n\n"
     "model.safetensors: the best model, for krait predict.\n\n"
     "forecast.csv, forecast.png: its forecast of the steps after the last row, with intervals. "
     "The figure also shows, dashed, what the model said of the last steps before it knew "
     "them. Of many series there are nine: those with the least, the middle and the largest "
     "errors on the later windows.\n\n"
     "held_out.csv: that forecast of the last window of each column of each series, with intervals "
     "and what came.\n\n"
     "comparison.csv, comparison.png: errors of the models; in the figure as parts of that of the "
     "best rule of thumb, which is 1, also by forecast step.\n\n"
     "targets.csv: error and skill of each column of each series on the later windows.\n\n"
     "fit.json: all results as JSON.\n\n"
     ".krait_fit.json: the table and settings that all this belongs to. A fit of another table "
     "does not replace it without --force, and only one program works in a folder at a time.\n\n"
     "checkpoints/: all learned models."},
    {NULL, NULL},
};

const command command_fit = {
    .name = "fit",
    .summary = "find a forecaster for a table, without further settings, and forecast",
    .usage = "DATA.csv --horizon STEPS",
    .purpose =
        "Look at one series or many, let statistical and learned models forecast their past, "
        "choose "
        "the best one or the median of several, say how it compares with a rule of thumb on rows "
        "that no choice depended on, make it anew from all rows, and forecast what comes next.",
    .settings = &fit_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(fit_request),
    .config = offsetof(fit_request, config),
    .computes = COMPUTES,
    .catches_signals = true,
    .read = read_request,
    .run = run_request,
    .list_unused = list_unused,
    .log = see_log,
};
