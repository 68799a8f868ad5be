/* SPDX-License-Identifier: MIT
 * run_summary.c - several repetitions side by side: mean and standard deviation. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/say.h"
#include "run/run.h"

/* ---- statistics ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset; /* in kr_metrics */
} metrics[] = {{"mae", offsetof(kr_metrics, mae)},   {"mse", offsetof(kr_metrics, mse)},
               {"rmse", offsetof(kr_metrics, rmse)}, {"mape", offsetof(kr_metrics, mape)},
               {"mspe", offsetof(kr_metrics, mspe)}, {"rse", offsetof(kr_metrics, rse)},
               {"corr", offsetof(kr_metrics, corr)}};
enum { N_METRICS = sizeof metrics / sizeof metrics[0] };

static double metric_of(const run_outcome *o, bool is_original, size_t offset) {
    const kr_metrics *m = is_original ? &o->original : &o->scaled;
    return *(const double *)((const char *)m + offset);
}

static void compute_spread(const run_outcome *outcomes, int64_t n, bool is_original, size_t offset,
                           double *mean, double *deviation) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) sum += metric_of(&outcomes[i], is_original, offset);
    *mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double d = metric_of(&outcomes[i], is_original, offset) - *mean;
        squares += d * d;
    }
    *deviation = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
}

/* ---- the table -------------------------------------------------------------------------- */

static void print_mean(const run_request *request, const run_outcome *outcomes, int64_t n,
                       FILE *out) {
    double mse[2], mae[2];
    bool is_original = request->config.inverse;
    compute_spread(outcomes, n, is_original, offsetof(kr_metrics, mse), &mse[0], &mse[1]);
    compute_spread(outcomes, n, is_original, offsetof(kr_metrics, mae), &mae[0], &mae[1]);
    fprintf(out, "mean of %jd runs: mse:%.6g (sd %.2g), mae:%.6g (sd %.2g)\n", (intmax_t)n, mse[0],
            mse[1], mae[0], mae[1]);
}

void run_summary_print(const run_request *request, const run_outcome *outcomes, int64_t n,
                       FILE *out) {
    bool is_original = request->config.inverse;
    if (!request->call.is_quiet) {
        fprintf(out, "\n  run        seed         mse         mae  epochs     time\n");
        for (int64_t i = 0; i < n; i++) {
            char time[32];
            const run_outcome *o = &outcomes[i];
            say(out, "  %3jd  %10ju  %10.6g  %10.6g  %6jd  %7s\n", (intmax_t)i + 1,
                (uintmax_t)o->seed, metric_of(o, is_original, offsetof(kr_metrics, mse)),
                metric_of(o, is_original, offsetof(kr_metrics, mae)), (intmax_t)o->n_epochs,
                duration_text(o->seconds, time, sizeof time));
        }
        fputc('\n', out);
    }
    print_mean(request, outcomes, n, out);
    fflush(out);
}

/* ---- summary.json ----------------------------------------------------------------------- */

static bool add_spreads(cJSON *object, const char *name, const run_outcome *outcomes, int64_t n,
                        bool is_original) {
    cJSON *item = cJSON_AddObjectToObject(object, name);
    for (int i = 0; i < N_METRICS && item; i++) {
        double mean = 0, deviation = 0;
        compute_spread(outcomes, n, is_original, metrics[i].offset, &mean, &deviation);
        cJSON *pair = cJSON_AddObjectToObject(item, metrics[i].name);
        if (!pair || !kr__json_add_number(pair, "mean", mean) ||
            !kr__json_add_number(pair, "deviation", deviation)) {
            return false;
        }
    }
    return item != NULL;
}

static bool add_runs(cJSON *object, const run_outcome *outcomes, int64_t n) {
    cJSON *runs = cJSON_AddArrayToObject(object, "runs");
    for (int64_t i = 0; i < n && runs; i++) {
        const run_outcome *o = &outcomes[i];
        cJSON *run = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(runs, run)) return false;
        if (!kr__json_add_text(run, "setting", o->setting) ||
            !kr__json_add_int(run, "seed", (int64_t)o->seed) ||
            !kr__json_add_number(run, "mse", o->scaled.mse) ||
            !kr__json_add_number(run, "mae", o->scaled.mae) ||
            !kr__json_add_number(run, "best_validation_loss", o->best_validation_loss) ||
            !kr__json_add_int(run, "epochs", o->n_epochs) ||
            !kr__json_add_number(run, "step_ms", o->step_ms) ||
            !kr__json_add_number(run, "wall_seconds", o->seconds)) {
            return false;
        }
    }
    return runs != NULL;
}

kr_status run_summary_write(const run_request *request, const run_outcome *outcomes, int64_t n,
                            char **json, kr_error *err) {
    char folder[RUN_PATH_SIZE], path[RUN_PATH_SIZE + 16], *text = NULL;
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && kr__json_add_text(object, "version", KR_VERSION_STRING) &&
                   kr__json_add_text(object, "command", request->call.given.command_line) &&
                   kr__json_add_int(object, "repetitions", n) &&
                   add_spreads(object, "scaled", outcomes, n, false) &&
                   add_spreads(object, "original", outcomes, n, true) &&
                   add_runs(object, outcomes, n);
    if (is_made) text = json_print(object);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for summary.json");
    /* In the folder of the first repetition. */
    run_result_folder(request, outcomes[0].setting, folder, sizeof folder);
    snprintf(path, sizeof path, "%s/summary.json", folder);
    kr_status status = kr__file_write(path, text, strlen(text), err);
    if (status != KR_OK) {
        kr_free(text);
        return status;
    }
    *json = text;
    return KR_OK;
}
