/* SPDX-License-Identifier: MIT
 * backtest_report.c - a backtest in words and a table, as CSV and as JSON. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "backtest/backtest_command.h"
#include "core/datetime.h"
#include "core/json.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/history_text.h"
#include "forecast/verdict_json.h"
#include "framework/csv_text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "framework/trained_model.h"

/* ---- the scores as fields ------------------------------------------------------------------ */

static const struct {
    const char *name;
    size_t offset; /* in kr_scores */
} fields[] = {{"mase", offsetof(kr_scores, mase)},   {"rmsse", offsetof(kr_scores, rmsse)},
              {"smape", offsetof(kr_scores, smape)}, {"mae", offsetof(kr_scores, mae)},
              {"mse", offsetof(kr_scores, mse)},     {"rmse", offsetof(kr_scores, rmse)}};
_Static_assert(sizeof fields / sizeof fields[0] == BACKTEST_FIELDS, "one number");

const char *backtest_field_name(int i) { return fields[i].name; }

double backtest_field(const kr_scores *s, int i) {
    return *(const double *)((const char *)s + fields[i].offset);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* The width of the names: some are those of several models. */
static int name_width(const backtest *b) {
    const int least = 18, most = 48;
    int width = least;
    for (int i = 0; i < b->run->n_models; i++) {
        int n = (int)strlen(b->run->models[i].name);
        if (n > width) width = n < most ? n : most;
    }
    return width;
}

static void print_scores(const kr__backtest_model *m, int width, FILE *out) {
    const kr_scores *s = &m->scores.all;
    say(out, "%-*s%10.4f%10.4f%9.2f%%%12.5g%12.5g\n", width, m->name, s->mase, s->rmsse, s->smape,
        s->mae, s->rmse);
}

static void print_best(const backtest *b) {
    const kr__backtest_model *best = &b->run->models[0];
    for (int i = 1; i < b->run->n_models; i++) {
        if (b->run->models[i].scores.all.mase < best->scores.all.mase) best = &b->run->models[i];
    }
    say(b->words, "The least MASE of these folds is that of %s.\n", best->name);
}

static void print_verdict(const backtest *b) {
    if (b->request->is_refit) print_best(b);
    if (b->run->rule) say(b->words, "%s\n", b->run->words);
}

static void print_intervals(const backtest *b) {
    for (int k = 0; k < b->run->n_levels; k++) {
        const kr_interval_score *s = &b->run->intervals[k];
        fprintf(b->words, "intervals of %.10g %% hold %.1f %% of the truths; mean width %.5g\n",
                100 * s->level, 100 * s->coverage, s->width);
    }
}

void backtest_print_ending(const backtest *b) {
    fputc('\n', b->words);
    print_verdict(b);
    print_intervals(b);
}

void backtest_print(const backtest *b) {
    char first[KR__HISTORY_DATE], last[KR__HISTORY_DATE];
    say(b->words,
        "%" PRId64 " fold%s of %" PRId64 " step%s after %s%s to %s, %" PRId64
        " row%s apart; season %" PRId64 "\n\n",
        b->run->n_folds, kr__plural(b->run->n_folds), b->run->n_steps, kr__plural(b->run->n_steps),
        b->series[0]->timestamps ? "" : "rows ",
        kr__history_row(b->series[0], b->run->origins[0], first),
        kr__history_row(b->series[0], b->run->origins[b->run->n_folds - 1], last), b->run->every,
        kr__plural(b->run->every), b->run->season);
    say(b->words, "%-*s%10s%10s%10s%12s%12s\n", name_width(b), "", "MASE", "RMSSE", "sMAPE", "MAE",
        "RMSE");
    for (int i = 0; i < b->run->n_models; i++)
        print_scores(&b->run->models[i], name_width(b), b->words);
    backtest_print_ending(b);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

void backtest_write_header(FILE *out) {
    fputs("model,group,key,values", out);
    for (int i = 0; i < BACKTEST_FIELDS; i++) {
        fputc(',', out);
        csv_write_text(out, fields[i].name);
    }
    fputc('\n', out);
}

void backtest_write_line(FILE *out, const char *model, const char *group, const char *key,
                         const kr_scores *s) {
    char text[KR_NUMBER_TEXT];
    csv_write_text(out, model);
    fputc(',', out);
    csv_write_text(out, group);
    fputc(',', out);
    csv_write_text(out, key);
    fprintf(out, ",%" PRId64, s->n);
    for (int i = 0; i < BACKTEST_FIELDS; i++) {
        double value = backtest_field(s, i);
        fputc(',', out);
        csv_write_text(out, isnan(value) ? "" : kr__text_number(value, text));
    }
    fputc('\n', out);
}

static void write_model(const backtest *b, const kr__backtest_model *m, FILE *out) {
    char key[KR__HISTORY_DATE];
    backtest_write_line(out, m->name, "all", "", &m->scores.all);
    for (int64_t t = 0; t < b->run->n_steps; t++) {
        snprintf(key, sizeof key, "%" PRId64, t + 1);
        backtest_write_line(out, m->name, "step", key, &m->scores.by_step[t]);
    }
    for (int64_t i = 0; i < b->run->n_folds; i++) {
        kr__history_row(b->series[0], b->run->origins[i], key);
        backtest_write_line(out, m->name, "origin", key, &m->scores.by_fold[i]);
    }
    for (int64_t c = 0; c < b->run->n_outputs; c++) {
        backtest_write_line(out, m->name, "column", kr__forecaster_column(b->model, c),
                            &m->scores.by_channel[c]);
    }
}

kr_status backtest_write_csv(const backtest *b, const char *path, kr_error *err) {
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    backtest_write_header(writer.stream);
    for (int i = 0; i < b->run->n_models; i++) write_model(b, &b->run->models[i], writer.stream);
    return kr__file_writer_commit(&writer, err);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static bool add_scores(cJSON *object, const char *name, const kr_scores *s) {
    cJSON *item = cJSON_AddObjectToObject(object, name);
    bool is_made = item && kr__json_add_int(item, "values", s->n);
    for (int i = 0; i < BACKTEST_FIELDS && is_made; i++) {
        is_made = kr__json_add_number(item, fields[i].name, backtest_field(s, i));
    }
    return is_made;
}

/* {"mase": [..], ..}: a number for each of n scores. */
static bool add_group(cJSON *object, const char *name, const kr_scores *s, int64_t n) {
    cJSON *item = cJSON_AddObjectToObject(object, name);
    for (int i = 0; i < BACKTEST_FIELDS; i++) {
        cJSON *array = item ? cJSON_AddArrayToObject(item, fields[i].name) : NULL;
        if (!array) return false;
        for (int64_t k = 0; k < n; k++) {
            if (!cJSON_AddItemToArray(array, kr__json_number(backtest_field(&s[k], i))))
                return false;
        }
    }
    return true;
}

static bool add_models(cJSON *object, const backtest *b) {
    cJSON *array = cJSON_AddArrayToObject(object, "models");
    for (int i = 0; i < b->run->n_models && array; i++) {
        const kr__backtest_model *m = &b->run->models[i];
        cJSON *item = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(array, item) || !kr__json_add_text(item, "name", m->name) ||
            !add_scores(item, "all", &m->scores.all) ||
            !add_group(item, "by_step", m->scores.by_step, b->run->n_steps) ||
            !add_group(item, "by_origin", m->scores.by_fold, b->run->n_folds) ||
            !add_group(item, "by_column", m->scores.by_channel, b->run->n_outputs)) {
            return false;
        }
    }
    return array != NULL;
}

static bool add_verdict(cJSON *object, const backtest *b) {
    if (!b->run->rule) return true;
    cJSON *item = cJSON_AddObjectToObject(object, "comparison");
    return item && kr__verdict_add_json(item, &b->run->verdict, b->run->rule) &&
           kr__json_add_text(object, "verdict", b->run->words);
}

static bool add_texts(cJSON *object, const backtest *b) {
    char text[KR__HISTORY_DATE];
    cJSON *origins = cJSON_AddArrayToObject(object, "origins");
    cJSON *columns = cJSON_AddArrayToObject(object, "columns");
    if (!origins || !columns) return false;
    for (int64_t i = 0; i < b->run->n_folds; i++) {
        kr__history_row(b->series[0], b->run->origins[i], text);
        if (!cJSON_AddItemToArray(origins, cJSON_CreateString(text))) return false;
    }
    for (int64_t c = 0; c < b->run->n_outputs; c++) {
        const char *name = kr__forecaster_column(b->model, c);
        if (!cJSON_AddItemToArray(columns, cJSON_CreateString(name))) return false;
    }
    return true;
}

bool backtest_add_json(cJSON *object, const backtest *b) {
    return add_texts(object, b) && add_models(object, b);
}

kr_status backtest_make_json(const backtest *b, backtest_add_fn add, char **json, kr_error *err) {
    cJSON *object = cJSON_CreateObject();
    char *text = NULL;
    bool is_made = object && kr__json_add_text(object, "version", KR_VERSION_STRING) &&
                   kr__json_add_text(object, "command", b->request->call.given.command_line) &&
                   kr__json_add_text(object, "data", b->request->data) &&
                   (!*b->request->config.shard ||
                    kr__json_add_text(object, "shard", b->request->config.shard)) &&
                   kr__json_add_text(object, "checkpoint", b->checkpoint) &&
                   kr__json_add_int(object, "pred_len", b->run->n_steps) &&
                   kr__json_add_int(object, "every", b->run->every) &&
                   kr__json_add_int(object, "season", b->run->season) && add_verdict(object, b) &&
                   add(object, b) &&
                   json_add_intervals(object, "intervals", json_units(true), b->run->n_levels,
                                      b->run->intervals);
    if (is_made) text = json_print(object);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for backtest.json");
    *json = text;
    return KR_OK;
}
