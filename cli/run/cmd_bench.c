/* SPDX-License-Identifier: MIT
 * cmd_bench.c - krait bench: attention against Mamba over length. */
#include <math.h>
#include <string.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/forecast_config.h"
#include "framework/drawing.h"
#include "framework/program.h"
#include "framework/say.h"
#include "run/bench_command.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option own_options[] = {
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    QUIET_OPTION("print the final sentence only"),
    JSON_OPTION("each case as a line of JSON"),
    UNPACK_OPTION,
};

static settings bench_settings = {.command = "bench",
                                  .flags = kr__comparison_flags,
                                  .own = own_options,
                                  .n_own = sizeof own_options / sizeof own_options[0],
                                  .short_o = "results"};

/* ---- flags without effect ------------------------------------------------------------------- */

/* Times are measured on random numbers. */
static bool is_of_data(const char *name) {
    static const char *const names[] = {"root_path",     "data_path", "target",
                                        "learning_rate", "lradj",     "patience"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

/* By no model of the list; a name that is none is refused later. */
static bool is_unused_by_models(const char *models, const char *name, char why[UNUSED_WHY]) {
    kr_forecast_config config;
    char model[BENCH_NAME];
    bool is_one = true;
    kr__forecast_config_init(&config);
    while (*models) {
        size_t n = strcspn(models, ",");
        snprintf(model, sizeof model, "%.*s", (int)n, models);
        if (kr__forecast_config_set(&config, "model", model, NULL) != KR_OK) return false;
        if (!kr__forecast_unused(&config, name, why)) return false;
        models += n + (models[n] == ',');
        if (*models) is_one = false;
    }
    if (!is_one) snprintf(why, UNUSED_WHY, "not used by any of these models");
    return true;
}

static bool is_unused(const void *config, const char *name, char why[UNUSED_WHY]) {
    const kr_comparison_config *c = config;
    const kr_flag *flag = kr__flags_find(kr__comparison_flags(), name);
    if (c->train_epochs == 0 && is_of_data(name)) {
        snprintf(why, UNUSED_WHY, "`train_epochs` 0 measures times alone");
        return true;
    }
    bool is_of_model = strcmp(flag->group, "model") == 0 || strcmp(name, "d_state") == 0;
    return is_of_model && is_unused_by_models(c->models, name, why);
}

static void list_unused(const void *arg, unused_flags *unused) {
    const bench_request *request = arg;
    unused_flags_add_given(unused, &request->call.given, is_unused, &request->config);
}

/* ---- the rows --------------------------------------------------------------------------- */

typedef struct bench_run {
    const bench_request *request;
    kr_comparison_case *cases;
    int64_t n_cases;
    bench_known known;
    bench_row *rows; /* those from the file, then the new ones */
    int64_t n_rows;
    const bench_row **of_case; /* n_cases */
    char path[BENCH_PATH];     /* of result_summary.csv */
    double started, weight_done, weight_left;
    FILE *out; /* NULL: quiet */
} bench_run;

static kr_status open_rows(bench_run *run, kr_error *err) {
    const kr_comparison_config *c = &run->request->config;
    size_t room = (size_t)run->n_cases;
    KR_TRY(kr__make_folders(c->results, err));
    kr__path_join(c->results, "result_summary.csv", run->path, sizeof run->path);
    run->of_case = kr__calloc(room, sizeof *run->of_case);
    if (kr__file_exists(run->path)) {
        KR_TRY(bench_read_rows(run->path, run->n_cases, &run->rows, &run->n_rows, err));
    } else {
        run->rows = kr__calloc(room, sizeof *run->rows);
    }
    if (run->n_rows > 0 && !c->resume) {
        return kr_fail(err, KR_USAGE,
                       "%s: already has rows; add to it with --resume, or name another folder with "
                       "--results",
                       run->path);
    }
    if (!run->rows || !run->of_case) return kr_fail(err, KR_MEMORY, "out of memory for the rows");
    return bench_write_rows(run->path, run->rows, run->n_rows, err);
}

static const bench_row *find_row(const bench_run *run, const bench_row *wanted) {
    for (int64_t i = 0; i < run->n_rows; i++) {
        if (bench_is_same_case(&run->rows[i], wanted)) return &run->rows[i];
    }
    return NULL;
}

static void show_row(const bench_run *run, const bench_row *row) {
    if (run->out) bench_print_row(row, run->out);
    if (run->request->call.is_json) bench_print_json(row, stdout);
}

/* ---- time left -------------------------------------------------------------------------- */

/* The relative cost of a case: attention grows with the square of the tokens. The constant is for
 * short cases, whose measurements fill a fixed time. */
static double weigh(const kr_comparison_case *c) {
    const double fixed = 2000, tokens_where_attention_counts = 500;
    double tokens = (double)kr__comparison_tokens(c);
    double growth = c->has_state ? 1 : 1 + tokens / tokens_where_attention_counts;
    return fixed + (double)c->config.batch_size * tokens * growth;
}

/* "MODEL over 6400 steps, all in 2:10" */
static void describe(const bench_run *run, const kr_comparison_case *c, char *note, size_t size) {
    char left[32];
    int n = snprintf(note, size, "%s over %jd steps", c->config.model, (intmax_t)c->config.seq_len);
    if (run->weight_done <= 0) return;
    double seconds = (kr__time_now() - run->started) / run->weight_done * run->weight_left;
    snprintf(note + n, size - (size_t)n, ", all in %s", duration_text(seconds, left, sizeof left));
}

/* ---- all cases -------------------------------------------------------------------------- */

static kr_status run_case(bench_run *run, int64_t i, bench_row *row, kr_error *err) {
    const kr_comparison_case *c = &run->cases[i];
    char label[PROGRESS_LABEL], note[96];
    progress_line progress = {0};
    snprintf(label, sizeof label, "case %jd/%jd", (intmax_t)i + 1, (intmax_t)run->n_cases);
    progress_start(&progress, run->out ? stderr : NULL, label, 0, 1);
    describe(run, c, note, sizeof note);
    KR_TRY(bench_measure(run->request, c, &progress, note, &run->known, row, err));
    run->weight_done += weigh(c);
    run->weight_left -= weigh(c);
    return KR_OK;
}

static kr_status explain_stop(const bench_run *run, int64_t n_done, kr_error *err) {
    return kr_fail(err, KR_INTERRUPTED,
                   "stopped; %lld of %lld cases are in %s; the same command with --resume does the "
                   "rest",
                   (long long)n_done, (long long)run->n_cases, run->path);
}

static kr_status run_cases(bench_run *run, kr_error *err) {
    run->started = kr__time_now();
    for (int64_t i = 0; i < run->n_cases; i++) run->weight_left += weigh(&run->cases[i]);
    for (int64_t i = 0; i < run->n_cases; i++) {
        bench_row *row = &run->rows[run->n_rows];
        bench_name_case(run->request, &run->cases[i], row);
        run->of_case[i] = find_row(run, row);
        if (run->of_case[i]) {
            run->weight_left -= weigh(&run->cases[i]);
        } else {
            kr_status status = program_is_stopping() ? KR_INTERRUPTED : run_case(run, i, row, err);
            if (status == KR_INTERRUPTED) return explain_stop(run, i, err);
            KR_TRY(status);
            run->of_case[i] = row;
            KR_TRY(bench_write_rows(run->path, run->rows, ++run->n_rows, err));
        }
        show_row(run, run->of_case[i]);
    }
    return KR_OK;
}

/* ---- the end ---------------------------------------------------------------------------- */

typedef struct bench_curves {
    const bench_run *run;
    const bench_series *series;
    int n_series;
} bench_curves;

static kr_status draw(const void *arg, kr_error *err) {
    static const char *const names[] = {"bench.png", "bench.pdf"};
    const bench_curves *curves = arg;
    const bench_run *run = curves->run;
    char path[BENCH_PATH], note[160];
    kr_cpu_level level = KR_CPU_V2;
    kr__cpu_level_get(&level, NULL);
    snprintf(note, sizeof note,
             "krait " KR_VERSION_STRING
             ", %d thread%s, CPU level %s, patches of %jd steps; dashed: fitted",
             kr_team_workers(program_team()), kr__plural(kr_team_workers(program_team())),
             kr__cpu_level_name(level), (intmax_t)run->request->config.patch_len);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        kr__path_join(run->request->config.results, names[i], path, sizeof path);
        KR_TRY(bench_draw(curves->series, curves->n_series, note, path, err));
        if (run->out) say(run->out, "Saved %s\n", path);
    }
    return KR_OK;
}

static kr_status draw_lengths(const bench_run *run, const bench_series *series, int n_series,
                              kr_error *err) {
    const bench_curves curves = {run, series, n_series};
    bool has_length = false;
    for (int i = 0; i < n_series; i++) has_length |= !isnan(series[i].time_law.slope);
    if (!run->request->call.has_figures || !has_length) return KR_OK;
    return draw_apart(draw, &curves, err);
}

static kr_status conclude(const bench_run *run, kr_error *err) {
    bench_series *series = kr__calloc(BENCH_MOST_SERIES, sizeof *series);
    if (!series) return kr_fail(err, KR_MEMORY, "out of memory for the curves");
    int n_series = bench_collect(run->of_case, run->n_cases, series);
    if (run->out) {
        fputc('\n', run->out);
        bench_print_slopes(series, n_series, run->out);
        say(run->out, "Saved %s\n", run->path);
    }
    kr_status status = draw_lengths(run, series, n_series, err);
    if (status == KR_OK) {
        bench_print_verdict(series, n_series, run->request->call.words);
    }
    kr_free(series);
    return status;
}

static void see_log(void *arg, kr_log_level level, const char *line) {
    (void)arg;
    if (level < KR_LOG_NOTE) return;
    say(stderr, "krait bench: %s: %s\n", level == KR_LOG_NOTE ? "note" : "warning", line);
}

static kr_status run_all(bench_run *run, kr_error *err) {
    const kr_comparison_config *c = &run->request->config;
    KR_TRY(kr__comparison_cases(c, &run->cases, &run->n_cases, err));
    for (int64_t i = 0; i < run->n_cases; i++) {
        char *folder = run->cases[i].config.checkpoints;
        kr__path_join(c->results, "checkpoints", folder, sizeof run->cases[i].config.checkpoints);
    }
    KR_TRY(open_rows(run, err));
    if (run->out) bench_print_header(run->out);
    const kr_forecast_config *first = &run->cases[0].config; /* all have the same data */
    if (c->train_epochs > 0 &&
        kr__forecast_read(program_team(), first, &run->known.data, NULL) != KR_OK) {
        run->known.data = NULL; /* each case says why */
    }
    KR_TRY(run_cases(run, err));
    return conclude(run, err);
}

static kr_status run_request(void *arg, kr_error *err) {
    bench_request *request = arg;
    bench_run run = {.request = request, .out = request->call.out};
    request->call.log_arg = &run;
    kr_status status = run_all(&run, err);
    kr_free(run.cases);
    kr_rows_destroy(run.known.data);
    kr_free(run.rows);
    kr_free(run.of_case);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"time and memory of both models from 6 to 2,048 tokens per channel, in about three minutes:",
     "krait bench --results bench_out"},
    {"two lengths, two batch sizes, two state sizes, with the test error after three epochs:",
     "krait bench --seq_len 96,336 --batch_size 4,32 --d_state 16,128 --train_epochs 3 "
     "--root_path data --results bench_etth1"},
    {"the cases that an interrupted run did not reach:",
     "krait bench --results bench_out --resume"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"MEASUREMENT",
     "Every case runs in its own process, so that its peak memory can be told: one training step "
     "to warm up, then --measurements of --steps training steps each on random numbers; "
     "then the same for forward passes. Time does not depend on the numbers. Reported are the "
     "median and, as spread, the difference between the largest and the smallest measurement in "
     "percent of it. Tokens are the patches of a channel: seq_len / patch_len; the models add one, "
     "the global token. A model with attention has no d_state and runs once for each length and "
     "batch.\n\n"
     "With --train_epochs a model is trained on the data first and tested on every test window, as "
     "krait run does; a look-back that is too long for the data is only timed.\n\n"
     "Slopes are fitted to the longer half of the lengths on logarithmic axes: 1 is linear growth, "
     "2 is quadratic. Part of the memory does not grow, so its slope is smaller."},
    {"FILES",
     "result_summary.csv: one row per case, written after each. The first 16 columns are the "
     "original's: model, dataset, seq_len, pred_len, mae, mse, rmse, mape, mspe, params_M, "
     "train_time_s, avg_epoch_time_s, train_throughput_samples_sec (samples over the median step), "
     "inference_ms (a batch), inference_throughput, latency_ms (a sample). Then batch_size, "
     "d_state, patch_len, tokens, threads, step_ms, step_ms_least, step_ms_largest, peak_rss_mib, "
     "repeats, steps, flags, version. What was not measured is N/A.\n\n"
     "bench.png, bench.pdf: time and memory against tokens.\n\n"
     "checkpoints/: with --train_epochs, the trained models.\n\n"
     "An existing result_summary.csv is not overwritten: --resume adds to it and skips cases with "
     "the same model, data, sizes, threads and flags."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_bench = {
    .name = "bench",
    .summary = "time attention against Mamba over length",
    .usage = "[--flag value]...",
    .purpose =
        "Measure time, memory and test error of two models that differ in attention and Mamba "
        "alone over look-back lengths, batch sizes and state sizes, and tell from which length on "
        "Mamba is faster on this machine. It replaces benchmark_timestar_vs_mamba.sh.",
    .settings = &bench_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(bench_request),
    .config = offsetof(bench_request, config),
    .computes = COMPUTES,
    .catches_signals = true,
    .run = run_request,
    .list_unused = list_unused,
    .log = see_log,
};
