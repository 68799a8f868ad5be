/* SPDX-License-Identifier: MIT
 * sweep_table.c - the trials of a sweep as lines of a table, as CSV and as JSON. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/csv_text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "sweep/sweep_command.h"

enum { MOST_PRINTED = 20 };

/* ---- the order ------------------------------------------------------------------------------ */

typedef struct place {
    bool is_failed;
    double error;
    int64_t trial;
} place;

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->is_failed != y->is_failed) return x->is_failed ? 1 : -1;
    if (x->error != y->error) return x->error < y->error ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

double sweep_error(const sweep *s, const sweep_row *row) {
    return s->request->sweeps_loss ? row->validation_mse : row->validation;
}

const char *sweep_error_name(const sweep *s) {
    return s->request->sweeps_loss ? "validation MSE" : "validation loss";
}

int64_t sweep_list(const sweep *s, int64_t *order) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->trials->n; i++) {
        if (sweep_is_mine(s, i)) order[n++] = i;
    }
    return n;
}

void sweep_rank(const sweep *s, int64_t *order, int64_t n) {
    static place places[KR_SWEEP_TRIALS];
    for (int64_t i = 0; i < n; i++) {
        const sweep_row *row = &s->rows[order[i]];
        double error = sweep_error(s, row);
        if (isnan(error)) error = (double)INFINITY;
        places[i] = (place){row->state == SWEEP_FAILED, error, order[i]};
    }
    qsort(places, (size_t)n, sizeof *places, compare_places);
    for (int64_t i = 0; i < n; i++) order[i] = places[i].trial;
}

/* ---- lines of a table ----------------------------------------------------------------------- */

static int width_of(const sweep *s, int axis) {
    size_t most = strlen(s->request->axes[axis].flag->name);
    for (int64_t i = 0; i < s->trials->n; i++) {
        size_t n = strlen(kr__sweep_value(s->trials, i, axis));
        if (n > most) most = n;
    }
    return (int)most + 2;
}

void sweep_print_header(const sweep *s, FILE *out) {
    say(out, "%5s", "trial");
    for (int a = 0; a < s->request->n_axes; a++) {
        say(out, "%*s", width_of(s, a), s->request->axes[a].flag->name);
    }
    say(out, "%8s%16s%11s%11s%9s\n", "epochs", sweep_error_name(s), "test MSE", "test MAE", "time");
}

static void print_number(FILE *out, int width, double value) {
    if (isnan(value)) {
        say(out, "%*s", width, "-");
    } else {
        fprintf(out, "%*.6g", width, value);
    }
}

void sweep_print_row(const sweep *s, int64_t trial, FILE *out) {
    const sweep_row *row = &s->rows[trial];
    char time[32];
    fprintf(out, "%5jd", (intmax_t)trial + 1);
    for (int a = 0; a < s->request->n_axes; a++) {
        say(out, "%*s", width_of(s, a), kr__sweep_value(s->trials, trial, a));
    }
    if (row->state == SWEEP_FAILED) {
        say(out, "  failed: %s\n", row->why);
    } else {
        fprintf(out, "%8jd", (intmax_t)row->epochs);
        print_number(out, 16, sweep_error(s, row));
        print_number(out, 11, row->test_mse);
        print_number(out, 11, row->test_mae);
        say(out, "%9s\n", duration_text(row->seconds, time, sizeof time));
    }
    fflush(out);
}

void sweep_print_table(const sweep *s, const int64_t *order, FILE *out) {
    int64_t n = s->n_mine < MOST_PRINTED ? s->n_mine : MOST_PRINTED;
    say(out, "\nbest by %s:\n", sweep_error_name(s));
    sweep_print_header(s, out);
    for (int64_t i = 0; i < n; i++) sweep_print_row(s, order[i], out);
    if (n < s->n_mine) fprintf(out, "and %jd more\n", (intmax_t)(s->n_mine - n));
}

/* ---- CSV --------------------------------------------------------------------------------------
 */

static const char *const state_words[SWEEP_STATES] = {"stopped at a rung", "done", "failed"};

static void write_row(const sweep *s, int64_t rank, int64_t trial, FILE *out) {
    const sweep_row *row = &s->rows[trial];
    const double numbers[] = {row->validation, row->validation_mse, row->validation_mae,
                              row->test_mse,   row->test_mae,       row->seconds};
    char text[KR_NUMBER_TEXT];
    fprintf(out, "%jd,%jd", (intmax_t)rank + 1, (intmax_t)trial + 1);
    for (int a = 0; a < s->request->n_axes; a++) {
        fputc(',', out);
        csv_write_text(out, kr__sweep_value(s->trials, trial, a));
    }
    fputc(',', out);
    csv_write_text(out, state_words[row->state]);
    fprintf(out, ",%jd,%jd", (intmax_t)row->n_rungs, (intmax_t)row->epochs);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        fputc(',', out);
        csv_write_text(out, isnan(numbers[i]) ? "" : kr__text_number(numbers[i], text));
    }
    fputc(',', out);
    csv_write_text(out, row->why);
    fputc('\n', out);
}

kr_status sweep_write_csv(const sweep *s, const int64_t *order, const char *path, kr_error *err) {
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    fprintf(writer.stream, "rank,trial");
    for (int a = 0; a < s->request->n_axes; a++) {
        fprintf(writer.stream, ",%s", s->request->axes[a].flag->name);
    }
    fprintf(writer.stream,
            ",state,rungs,epochs,validation_loss,validation_mse,validation_mae,test_mse,test_mae,"
            "seconds,sentence\n");
    for (int64_t i = 0; i < s->n_mine; i++) write_row(s, i, order[i], writer.stream);
    return kr__file_writer_commit(&writer, err);
}

/* ---- JSON -------------------------------------------------------------------------------------
 */

static bool add_row(cJSON *array, const sweep *s, int64_t trial) {
    const sweep_row *row = &s->rows[trial];
    cJSON *object = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(array, object)) return false;
    cJSON *values = kr__json_add_int(object, "trial", trial + 1)
                        ? cJSON_AddObjectToObject(object, "values")
                        : NULL;
    for (int a = 0; a < s->request->n_axes && values; a++) {
        const char *value = kr__sweep_value(s->trials, trial, a);
        if (!kr__json_add_text(values, s->request->axes[a].flag->name, value)) return false;
    }
    return values && kr__json_add_text(object, "state", state_words[row->state]) &&
           kr__json_add_int(object, "rungs", row->n_rungs) &&
           kr__json_add_int(object, "epochs", row->epochs) &&
           kr__json_add_number(object, "validation_loss", row->validation) &&
           kr__json_add_number(object, "validation_mse", row->validation_mse) &&
           kr__json_add_number(object, "validation_mae", row->validation_mae) &&
           kr__json_add_number(object, "test_mse", row->test_mse) &&
           kr__json_add_number(object, "test_mae", row->test_mae) &&
           kr__json_add_number(object, "seconds", row->seconds) &&
           (!*row->why || kr__json_add_text(object, "sentence", row->why));
}

static bool add_rungs(cJSON *object, const sweep *s) {
    cJSON *array = cJSON_AddArrayToObject(object, "rungs");
    for (int i = 0; i < s->n_rungs && array; i++) {
        cJSON *rung = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(array, rung) ||
            !kr__json_add_int(rung, "trials", s->rungs[i].n_trials) ||
            !kr__json_add_int(rung, "epochs", s->rungs[i].epochs)) {
            return false;
        }
    }
    return array != NULL;
}

static bool add_shard(cJSON *object, const sweep *s) {
    const char *shard = settings_own(&s->request->call.given, "shard");
    return !shard || kr__json_add_text(object, "shard", shard);
}

static bool add_best(cJSON *object, const sweep *s, int64_t best) {
    char path[SWEEP_PATH];
    char *line = sweep_run_command(s->request, s->trials, best);
    bool is_made =
        line && kr__json_add_int(object, "best_trial", best + 1) &&
        kr__json_add_text(object, "best_command", line) &&
        kr__json_add_text(object, "best_checkpoint", sweep_checkpoint(s, best, path, sizeof path));
    kr_free(line);
    return is_made;
}

kr_status sweep_to_json(const sweep *s, const int64_t *order, char **json, kr_error *err) {
    cJSON *object = cJSON_CreateObject(), *trials = NULL;
    char *text = NULL;
    bool is_made = object && kr__json_add_text(object, "version", KR_VERSION_STRING) &&
                   kr__json_add_text(object, "command", s->request->call.given.command_line) &&
                   add_shard(object, s) && add_best(object, s, order[0]) &&
                   kr__json_add_int(object, "impossible_settings", s->trials->n_impossible) &&
                   add_rungs(object, s) && (trials = cJSON_AddArrayToObject(object, "trials"));
    for (int64_t i = 0; i < s->n_mine && is_made; i++) is_made = add_row(trials, s, order[i]);
    if (is_made) text = json_print(object);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for sweep.json");
    *json = text;
    return KR_OK;
}
