/* SPDX-License-Identifier: MIT
 * backtest_panel.c - a backtest of many series in words, as CSV and as JSON. */
#include <inttypes.h>

#include "backtest/backtest_command.h"
#include "core/json.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"

/* ---- words ---------------------------------------------------------------------------------- */

void backtest_print_panel(const backtest *b) {
    int64_t n = 0;
    for (int64_t i = 0; i < b->n_series; i++) n += kr__backtest_folds_of(b->run, i) > 0;
    say(b->words,
        "%" PRId64 " series, %" PRId64 " forecast%s of %" PRId64 " step%s; season %" PRId64
        "; means over the series\n\n",
        n, b->run->n_folds, kr__plural(b->run->n_folds), b->run->n_steps,
        kr__plural(b->run->n_steps), b->run->season);
    say(b->words, "%-30s%10s%10s%10s%13s\n", "", "MASE", "RMSSE", "sMAPE", "median MASE");
    for (int i = 0; i < b->run->n_models; i++) {
        const kr__backtest_model *m = &b->run->models[i];
        say(b->words, "%-30s%10.4f%10.4f%9.2f%%%13.4f\n", m->name, m->mean.mase, m->mean.rmsse,
            m->mean.smape, m->median_mase);
    }
    backtest_print_ending(b);
}

/* ---- CSV and JSON --------------------------------------------------------------------------- */

kr_status backtest_write_panel_csv(const backtest *b, const char *path, kr_error *err) {
    kr_file_writer writer;
    char key[24];
    KR_TRY(kr__file_writer_open(path, &writer, err));
    backtest_write_header(writer.stream);
    for (int i = 0; i < b->run->n_models; i++) {
        const kr__backtest_model *m = &b->run->models[i];
        backtest_write_line(writer.stream, m->name, "all", "", &m->mean);
        for (int64_t k = 0; k < b->run->n_steps; k++) {
            snprintf(key, sizeof key, "%" PRId64, k + 1);
            backtest_write_line(writer.stream, m->name, "step", key, &m->scores.by_step[k]);
        }
        for (int64_t s = 0; s < b->n_series; s++) {
            if (kr__backtest_folds_of(b->run, s) == 0) continue;
            backtest_write_line(writer.stream, m->name, "series", kr__backtest_name_of(b->run, s),
                                &m->by_series[s]);
        }
    }
    return kr__file_writer_commit(&writer, err);
}

/* {"mase": [..], ..}: a number for each series that was judged. */
static bool add_by_series(cJSON *item, const backtest *b, const kr__backtest_model *m) {
    cJSON *object = cJSON_AddObjectToObject(item, "by_series");
    for (int f = 0; f < BACKTEST_FIELDS; f++) {
        cJSON *list = object ? cJSON_AddArrayToObject(object, backtest_field_name(f)) : NULL;
        if (!list) return false;
        for (int64_t s = 0; s < b->n_series; s++) {
            if (kr__backtest_folds_of(b->run, s) == 0) continue;
            if (!cJSON_AddItemToArray(list, kr__json_number(backtest_field(&m->by_series[s], f)))) {
                return false;
            }
        }
    }
    return true;
}

static bool add_model(cJSON *list, const backtest *b, const kr__backtest_model *m) {
    cJSON *item = cJSON_CreateObject(), *all = NULL;
    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        return false;
    }
    bool is_made = kr__json_add_text(item, "name", m->name) &&
                   (all = cJSON_AddObjectToObject(item, "all")) &&
                   kr__json_add_int(all, "values", m->mean.n);
    for (int f = 0; f < BACKTEST_FIELDS && is_made; f++) {
        is_made = kr__json_add_number(all, backtest_field_name(f), backtest_field(&m->mean, f));
    }
    return is_made && kr__json_add_number(item, "median_mase", m->median_mase) &&
           add_by_series(item, b, m);
}

bool backtest_add_panel_json(cJSON *object, const backtest *b) {
    cJSON *names = cJSON_AddArrayToObject(object, "series"),
          *models = cJSON_AddArrayToObject(object, "models");
    for (int64_t s = 0; s < b->n_series && names; s++) {
        if (kr__backtest_folds_of(b->run, s) == 0) continue;
        cJSON *name = cJSON_CreateString(kr__backtest_name_of(b->run, s));
        if (!name || !cJSON_AddItemToArray(names, name)) return false;
    }
    for (int i = 0; i < b->run->n_models && models; i++) {
        if (!add_model(models, b, &b->run->models[i])) return false;
    }
    return names && models;
}
