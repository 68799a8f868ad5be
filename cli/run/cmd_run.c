/* SPDX-License-Identifier: MIT
 * cmd_run.c - krait run: train and test a forecaster. */
#include <string.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "framework/launched_ranks.h"
#include "framework/output_folder.h"
#include "framework/profile_report.h"
#include "framework/program.h"
#include "framework/terminal.h"
#include "run/run.h"
#include "tables/rows_internal.h"

/* ---- one repetition --------------------------------------------------------------------- */

typedef struct runner {
    run_request *request;
    run_view view;
    char last_note[1100]; /* which is not repeated */
} runner;

static void see_event(void *arg, const kr_forecast_event *event) {
    runner *r = arg;
    if (event->kind == KR_EVENT_RESUMED) output_folder_accept();
    r->view.kind->event(&r->view, event);
}

static void see_log(void *arg, kr_log_level level, const char *line) {
    runner *r = arg;
    char text[sizeof r->last_note];
    if (level == KR_LOG_DEBUG) return;
    snprintf(text, sizeof text, "%s%s", level == KR_LOG_WARNING ? "warning: " : "note: ", line);
    if (strcmp(text, r->last_note) == 0) return;
    memcpy(r->last_note, text, sizeof text);
    r->view.kind->note(&r->view, text);
}

static run_outcome make_outcome(const runner *r, const kr_forecast_result *result, double seconds) {
    run_outcome outcome = {.seed = result->seed,
                           .scaled = result->scaled,
                           .original = result->original,
                           .best_validation_loss = result->best_validation_loss,
                           .step_ms = result->step_ms,
                           .seconds = seconds,
                           .n_epochs = result->n_epochs};
    memcpy(outcome.setting, r->request->now.setting, sizeof outcome.setting);
    return outcome;
}

static kr_status report(runner *r, const kr_forecast_result *result, double started,
                        kr_error *err) {
    char **json = &r->request->call.json; /* of the last repetition */
    kr_free(*json);
    *json = NULL;
    KR_TRY(run_report_write(r->request, result, started, json, err));
    r->view.kind->result(&r->view, result);
    profile_print(result->profile);
    return KR_OK;
}

static kr_status run_repetition(runner *r, const kr_rows *rows, int64_t number,
                                run_outcome *outcome, kr_error *err) {
    kr_forecast_result *result = NULL;
    const kr_forecast_observer observer = {see_event, r};
    repetition *now = &r->request->now;
    double started = kr__time_now();
    *now = (repetition){.team = program_team(),
                        .settings = &r->request->config,
                        .rows = rows,
                        .number = number,
                        .observer = &observer};
    name_repetition(now);
    if (ranks_is_first()) KR_TRY(run_report_probe(r->request, now->setting, err));
    KR_TRY(train_and_test(now, &result, err));
    kr_status status = ranks_is_first() ? report(r, result, started, err) : KR_OK;
    if (status == KR_OK) {
        *outcome = make_outcome(r, result, kr__time_now() - started);
    } else if (*now->checkpoint && r->request->config.is_training) {
        kr_error_append(err,
                        "; the trained model is kept: the same command with --is_training 0 "
                        "tests it");
    }
    kr_forecast_result_destroy(result);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------ */

static kr_status summarise(runner *r, const run_outcome *outcomes, int64_t n, kr_error *err) {
    kr_free(r->request->call.json);
    r->request->call.json = NULL;
    KR_TRY(run_summary_write(r->request, outcomes, n, &r->request->call.json, err));
    if (!(r->request->call.is_quiet && r->request->call.is_json)) {
        run_summary_print(r->request, outcomes, n, r->view.out);
    }
    return KR_OK;
}

/* Hours before the last of them is reached. */
static kr_status probe_all(runner *r, int64_t n, kr_error *err) {
    repetition *now = &r->request->now;
    for (int64_t i = 0; i < n && ranks_is_first(); i++) {
        *now = (repetition){.settings = &r->request->config, .number = i};
        name_repetition(now);
        KR_TRY(run_report_probe(r->request, now->setting, err));
    }
    return KR_OK;
}

static kr_status read_rows(const runner *r, kr_rows **rows, kr_error *err) {
    bool sends, reads;
    KR_TRY(ranks_choose_reading(&r->request->call, &sends, &reads, err));
    if (reads) KR_TRY(kr__forecast_read(program_team(), &r->request->config, rows, err));
    return sends ? kr__rows_share(program_team(), rows, err) : KR_OK;
}

static kr_status run_all(runner *r, kr_error *err) {
    const kr_forecast_config *config = &r->request->config;
    int64_t n = config->is_training ? config->itr : 1;
    kr_rows *rows = NULL;
    KR_TRY(read_rows(r, &rows, err));
    run_outcome *outcomes = kr__calloc((size_t)n, sizeof *outcomes);
    kr_status status =
        outcomes ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the repetitions");
    if (status == KR_OK) status = probe_all(r, n, err);
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        status = run_repetition(r, rows, i, &outcomes[i], err);
    }
    kr_rows_destroy(rows);
    if (status == KR_OK && n > 1 && ranks_is_first()) status = summarise(r, outcomes, n, err);
    kr_free(outcomes);
    return status;
}

static const run_view_kind *choose_view(const run_request *request, FILE *out) {
    if (request->call.is_quiet) return &run_view_quiet;
    return is_terminal(out) ? &run_view_terminal : &run_view_plain;
}

static kr_status run_request_run(void *arg, kr_error *err) {
    run_request *request = arg;
    FILE *out = request->call.words;
    runner r = {.request = request,
                .view = {.kind = choose_view(request, out), .request = request, .out = out}};
    request->call.log_arg = &r;
    r.view.kind->begin(&r.view);
    kr_status status = run_all(&r, err);
    r.view.kind->end(&r.view, status == KR_OK);
    request->call.log_arg = NULL;
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"TimeStarMamba on ETTh1, 96 hours ahead:",
     "krait run --model TimeStarMamba --data ETTh1 --root_path data --data_path ETTh1.csv "
     "--d_model 128 --d_ff 128 --batch_size 4 --learning_rate 0.001"},
    {"five seeds of a preset, the summary as JSON:",
     "krait run --preset etth1-96 --itr 5 --json > summary.json"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"OUTPUT",
     "On a terminal a bar shows the training, each epoch adds a row, and a table ends the run. "
     "Elsewhere the lines are those of the original program. With --json standard output holds the "
     "content of metrics.json (of summary.json with --itr above 1) and nothing else.\n\n"
     "The first SIGINT (Ctrl-C), SIGTERM or SIGHUP finishes the step, saves, and says how to "
     "continue; the "
     "second ends at once. A run that is continued with --resume ends with the same bits as one "
     "that was never interrupted."},
    {"FILES",
     "SETTING is the folder name of the original: task, labels, model, data, sizes, and the number "
     "of the repetition.\n\n"
     "checkpoints/SETTING/checkpoint.safetensors: parameters of the best validation loss, "
     "settings, errors of the validation windows, and the state for --resume.\n\n"
     "results/SETTING/metrics.json: errors in scaled and original units, by forecast step and by "
     "channel, times, memory, seed, command, settings; of the validation windows mse and mae; of "
     "conformal intervals coverage, width and Winkler score on the test windows, of quantiles "
     "pinball loss and CRPS, in original units with --inverse, else scaled; units says which. A "
     "number that is not finite is null.\n\n"
     "results/SETTING/metrics.npy: mae, mse, rmse, mape, mspe as float32. pred.npy, true.npy: "
     "forecasts and truth, (windows, pred_len, channels) as float32, with --inverse in original "
     "units as float64. quantiles.npy, with --loss "
     "Quantile: (windows, quantiles, pred_len, channels).\n\n"
     "results/SETTING/log.csv: losses, rate and seconds of each epoch.\n\n"
     "results/SETTING/summary.json: with --itr above 1, mean and standard deviation over the "
     "repetitions, in the folder of the first.\n\n"
     "results/SETTING/.krait_run.json, and beside the checkpoint: of which data and settings all "
     "this is. A run of others does "
     "not replace it without --force, and two programs do not work in one "
     "folder.\n\n"
     "results/SETTING/figures: loss curves, forecasts, errors by step and by channel, as PNG and "
     "PDF.\n\n"
     "test_results/SETTING/N.pdf: forecast and truth of the first window of test batch N.\n\n"
     "result_long_term_forecast.txt: two lines for each run, appended."},
    RANKS_SECTION("run"),
    {"DIFFERENCES",
     "The originals are run.py of TimeStar and run.py of Time-Series-Library. These flags "
     "differ:\n\n"
     "--seed is the seed of all random numbers; its default is 2021. In the originals that "
     "seed is fixed at 2021, and --seed (default 2) only seeds the augmentation, which is "
     "--augmentation_seed here. Random numbers come from krait's own generators, so initial "
     "values, the order of the windows, dropout and augmentation are not those of PyTorch and "
     "numpy.\n\n"
     "--itr: repetition k uses seed + k, so each repetition can be repeated alone. In the "
     "originals the repetitions continue one stream of random numbers. With --is_training 0 "
     "it has no effect, as in the originals.\n\n"
     "--task_name, --is_training, --model_id, --model and --data are required in the "
     "originals; here they have defaults, and --model is TimeStar. --task_name only takes the "
     "two forecasting tasks.\n\n"
     "--features S and MS fail in TimeStar's original. Here S forecasts the target from "
     "itself, and MS uses the target as patches and the other columns as variates, as TimeXer "
     "does.\n\n"
     "--is_training 0 reads {checkpoints}/SETTING; the originals always read "
     "./checkpoints/SETTING. Checkpoints are .safetensors, but a checkpoint.pth of an "
     "original in that folder is used first.\n\n"
     "--loss is ignored in TimeStar, which always trains with MSE; here MAE, Huber and "
     "Quantile are used. An unknown --lradj is an error at the start, not at the end of the "
     "first epoch.\n\n"
     "--patience 0 never stops early; in the originals it stops at the first epoch that is "
     "not better. A validation loss of NaN is no improvement here; the originals save it as "
     "the best. --on_nan says what happens to a step with a bad loss; the originals continue.\n\n"
     "--use_dtw takes 0, 1, true or false; TimeStar's original takes any word as true, also "
     "False. --inverse, --use_dtw and the augmentation flags may have a value here.\n\n"
     "--enc_in is taken from the data, with a note if it differs; in the originals a wrong "
     "value fails. --embed fixed and learned fail in the originals with today's pandas.\n\n"
     "--augmentation_ratio above 1 repeats the augmentation in the originals and keeps the "
     "last result; here it gives other random numbers, without the repeated work. --spawner "
     "adds noise in the originals, and --discdtw and --discsdtw cut windows, although a "
     "forecast has no classes; here they have no effect.\n\n"
     "--use_amp, the flags of GPUs and all others that are listed as without effect are "
     "accepted, and a note says why. --amp computes in bf16. --individual has no effect: "
     "DLinear has one map for all channels here.\n\n"
     "--data m4 reads one file of M4 and trains an ordinary forecast; the scores SMAPE and "
     "OWA of Time-Series-Library are not computed.\n\n"
     "Flags that neither original has are krait's own; with their defaults they change "
     "nothing."},
    {"ENVIRONMENT",
     "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level. COLUMNS is not read; the width "
     "comes from the terminal."},
    {NULL, NULL},
};

const command command_run = {
    .name = "run",
    .summary = "train a forecaster and test it on every test window",
    .usage = "[--flag value]...",
    .purpose =
        "Train a forecaster of multivariate time series on a data file and test it on every window "
        "of the test part. The flags are those of run.py of TimeStar and Time-Series-Library, with "
        "the same names and defaults, and some more. The run leaves a checkpoint, metrics, "
        "forecasts "
        "and figures.",
    .settings = &run_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(run_request),
    .config = offsetof(run_request, config),
    .computes = COMPUTES,
    .catches_signals = true,
    .trains_on_ranks = true,
    .before_settings = run_read_preset,
    .read = run_check,
    .run = run_request_run,
    .list_unused = run_list_unused,
    .log = see_log,
};
