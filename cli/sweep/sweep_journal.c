/* SPDX-License-Identifier: MIT
 * sweep_journal.c - the state of a sweep as lines of JSON: first its plan, then a line for every
 * trial and rung. Each line is on the disk before the next run starts. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/json.h"
#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "framework/json_numbers.h"
#include "framework/output_folder.h"
#include "sweep/sweep_command.h"

static const char *const state_names[SWEEP_STATES] = {"open", "done", "failed"};
static const char kind_name[] = "krait sweep 1";

/* ---- the first line ----------------------------------------------------------------------- */

/* "d_model=64,128 learning_rate=0.0001..0.001:log; random 20; halving 3", in full. */
static char *describe_plan(const sweep_request *r) {
    size_t size = 128, used = 0;
    for (int a = 0; a < r->n_axes; a++) size += (size_t)(r->axes[a].n + 2) * KR_SWEEP_TEXT;
    char *text = kr__calloc(size, 1);
    if (!text) return NULL;
    for (int a = 0; a < r->n_axes; a++) {
        const kr_sweep_axis *axis = &r->axes[a];
        for (int i = 0; i < axis->n; i++) {
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     i == 0 ? axis->flag->name : "", i == 0 ? "=" : ",");
            used += (size_t)snprintf(text + used, size - used, "%s", axis->values[i]);
        }
        used += (size_t)snprintf(text + used, size - used, "%s ", axis->is_log ? ":log" : "");
    }
    used += (size_t)snprintf(text + used, size - used, "%s", r->is_random ? "random" : "grid");
    if (r->is_random) {
        used += (size_t)snprintf(text + used, size - used, " %jd", (intmax_t)r->n_runs);
    }
    if (r->halving > 1) {
        snprintf(text + used, size - used, ", halving %jd", (intmax_t)r->halving);
    }
    return text;
}

/* What may differ when a sweep is continued. */
static void forget_harmless(kr_forecast_config *c) {
    c->threads = 1;
    snprintf(c->root_path, sizeof c->root_path, "%s", "");
}

static kr_status print_head(const sweep *s, cJSON **out, kr_error *err) {
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    char *plan = describe_plan(s->request), *text = NULL;
    cJSON *head = cJSON_CreateObject();
    bool is_made = config && plan && head;
    if (is_made) {
        *config = s->request->base;
        forget_harmless(config);
        is_made = kr__json_add_text(head, "kind", kind_name) &&
                  kr__json_add_text(head, "plan", plan) &&
                  kr__forecast_config_to_json(config, &text, NULL) == KR_OK &&
                  cJSON_AddItemToObject(head, "settings", cJSON_Parse(text));
    }
    kr_free(text);
    kr_free(plan);
    kr_free(config);
    if (is_made) {
        *out = head;
        return KR_OK;
    }
    cJSON_Delete(head);
    return kr_fail(err, KR_MEMORY, "out of memory for the sweep's journal");
}

/* ---- lines ---------------------------------------------------------------------------------- */

static kr_status add_line(const sweep *s, const cJSON *object, kr_error *err) {
    char *text = cJSON_PrintUnformatted(object);
    if (!text) return kr_fail(err, KR_MEMORY, "out of memory for the sweep's journal");
    size_t n = strlen(text);
    text[n] = '\n'; /* in one write, in place of the zero */
    kr_status status = kr__file_append(s->journal, text, n + 1, err);
    cJSON_free(text);
    return status;
}

static bool add_values(cJSON *object, const sweep *s, int64_t trial) {
    cJSON *values = cJSON_AddObjectToObject(object, "values");
    for (int a = 0; a < s->request->n_axes && values; a++) {
        const char *value = kr__sweep_value(s->trials, trial, a);
        if (!kr__json_add_text(values, s->request->axes[a].flag->name, value)) return false;
    }
    return values != NULL;
}

kr_status sweep_journal_add(const sweep *s, int64_t trial, kr_error *err) {
    const sweep_row *row = &s->rows[trial];
    cJSON *line = cJSON_CreateObject();
    bool is_made = line && kr__json_add_int(line, "trial", trial + 1) &&
                   add_values(line, s, trial) &&
                   kr__json_add_text(line, "state", state_names[row->state]) &&
                   kr__json_add_int(line, "rungs", row->n_rungs) &&
                   kr__json_add_int(line, "epochs", row->epochs) &&
                   kr__json_add_number(line, "validation_loss", row->validation) &&
                   kr__json_add_number(line, "validation_mse", row->validation_mse) &&
                   kr__json_add_number(line, "validation_mae", row->validation_mae) &&
                   kr__json_add_number(line, "test_mse", row->test_mse) &&
                   kr__json_add_number(line, "test_mae", row->test_mae) &&
                   kr__json_add_number(line, "seconds", row->seconds) &&
                   (!*row->why || kr__json_add_text(line, "why", row->why));
    kr_status status = is_made ? add_line(s, line, err)
                               : kr_fail(err, KR_MEMORY, "out of memory for the sweep's journal");
    cJSON_Delete(line);
    return status;
}

/* ---- reading back --------------------------------------------------------------------------- */

static bool read_int(const cJSON *line, const char *name, int64_t least, int64_t most,
                     int64_t *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)least) ||
        !(item->valuedouble <= (double)most)) {
        return false;
    }
    *out = (int64_t)item->valuedouble;
    return true;
}

/* null: not known, which is written for whatever is not finite; 1e999 was not written here. */
static bool read_number(const cJSON *line, const char *name, double *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    *out = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    return cJSON_IsNull(item) || isfinite(*out);
}

/* Journals of older versions do not have it. */
static bool read_later_number(const cJSON *line, const char *name, double *out) {
    *out = (double)NAN;
    return !cJSON_HasObjectItem(line, name) || read_number(line, name, out);
}

static bool read_state(const cJSON *line, sweep_state *out) {
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "state"));
    for (int i = 0; i < SWEEP_STATES && name; i++) {
        *out = (sweep_state)i;
        if (strcmp(name, state_names[i]) == 0) return true;
    }
    return false;
}

static bool read_row(const sweep *s, const cJSON *line) {
    sweep_row row = {.why = ""};
    int64_t trial = 0;
    const char *why = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "why"));
    bool is_read =
        read_int(line, "trial", 1, s->trials->n, &trial) && read_state(line, &row.state) &&
        read_int(line, "rungs", 1, s->n_rungs, &row.n_rungs) &&
        read_int(line, "epochs", 0, INT32_MAX, &row.epochs) &&
        read_number(line, "validation_loss", &row.validation) &&
        read_later_number(line, "validation_mse", &row.validation_mse) &&
        read_later_number(line, "validation_mae", &row.validation_mae) &&
        read_number(line, "test_mse", &row.test_mse) &&
        read_number(line, "test_mae", &row.test_mae) && read_number(line, "seconds", &row.seconds);
    if (!is_read) return false;
    if (why) snprintf(row.why, sizeof row.why, "%s", why);
    s->rows[trial - 1] = row;
    return true;
}

static kr_status refuse_plan(const sweep *s, const char *plan, kr_error *err) {
    return kr_fail(
        err, KR_USAGE,
        "%s: belongs to another sweep (%.300s); give the same --set, --method, --runs and "
        "--halving to continue it, or name another folder with --out",
        s->journal, plan);
}

static kr_status refuse_setting(const sweep *s, const kr_flag *flag, const char *was,
                                const char *is, kr_error *err) {
    return kr_fail(
        err, KR_USAGE,
        "%s: belongs to a sweep with --%s %s, not %s; give the same flags to continue it, or name "
        "another folder with --out",
        s->journal, flag->name, was, is);
}

/* Are the settings of all runs those of the journal? */
static kr_status compare_settings(const sweep *s, const cJSON *saved, kr_error *err) {
    kr_forecast_config *pair = kr__calloc(2, sizeof *pair);
    char *text = cJSON_PrintUnformatted(saved);
    const kr_flag_table *table = kr__forecast_flags();
    kr_status status = KR_MEMORY;
    if (pair && text) {
        pair[0] = s->request->base;
        forget_harmless(&pair[0]);
        status = kr__forecast_config_from_json(text, strlen(text), &pair[1], err);
        if (status != KR_OK) kr_error_prefix(err, "%s:1", s->journal);
    } else {
        kr_fail(err, KR_MEMORY, "out of memory for the sweep's journal");
    }
    for (int i = 0; status == KR_OK && i < table->count; i++) {
        char was[KR_FORECAST_TEXT], is[KR_FORECAST_TEXT];
        kr__forecast_config_get(&pair[1], &table->flags[i], was, sizeof was);
        kr__forecast_config_get(&pair[0], &table->flags[i], is, sizeof is);
        if (strcmp(was, is) != 0) status = refuse_setting(s, &table->flags[i], was, is, err);
    }
    cJSON_free(text);
    kr_free(pair);
    return status;
}

static kr_status check_head(const sweep *s, const cJSON *line, kr_error *err) {
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "kind"));
    const char *plan = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "plan"));
    const cJSON *saved = cJSON_GetObjectItemCaseSensitive(line, "settings");
    if (!kind || strcmp(kind, kind_name) != 0 || !plan || !saved) {
        return kr_fail(err, KR_FORMAT,
                       "%s:1: does not begin as the journal of a sweep does; name another folder "
                       "with --out",
                       s->journal);
    }
    char *wanted = describe_plan(s->request);
    if (!wanted) return kr_fail(err, KR_MEMORY, "out of memory for the sweep's journal");
    bool is_same = strcmp(plan, wanted) == 0;
    kr_free(wanted);
    return is_same ? compare_settings(s, saved, err) : refuse_plan(s, plan, err);
}

static kr_status read_line(const sweep *s, int64_t number, const char *text, size_t n,
                           kr_error *err) {
    cJSON *line = NULL;
    kr_status status = kr__json_parse(text, n, &line, NULL);
    if (status == KR_MEMORY) {
        kr_fail(err, status, "%s: out of memory", s->journal);
    } else if (line && number == 1) {
        status = check_head(s, line, err);
    } else if (!line || !read_row(s, line)) {
        status = kr_fail(err, KR_FORMAT,
                         "%s:%lld: is not a record of this sweep; remove the line, or name another "
                         "folder with --out",
                         s->journal, (long long)number);
    }
    cJSON_Delete(line);
    return status;
}

/* A program that was killed while writing leaves an unfinished last line, which is cut off. */
static kr_status read_lines(const sweep *s, const char *text, size_t n_bytes, bool *is_empty,
                            kr_error *err) {
    size_t at = 0;
    for (int64_t number = 1; at < n_bytes; number++) {
        const char *end = memchr(text + at, '\n', n_bytes - at);
        if (!end) break;
        size_t n = (size_t)(end - text) - at;
        KR_TRY(read_line(s, number, text + at, n, err));
        at += n + 1;
    }
    *is_empty = at == 0;
    return at < n_bytes ? kr__file_write(s->journal, text, at, err) : KR_OK;
}

static kr_status read_journal(const sweep *s, bool *is_empty, kr_error *err) {
    const size_t most = (size_t)256 << 20;
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    *is_empty = true;
    if (!kr__file_exists(s->journal)) return KR_OK;
    KR_TRY(kr__file_read(s->journal, most, &bytes, &n_bytes, err));
    kr_status status = read_lines(s, (const char *)bytes, n_bytes, is_empty, err);
    kr_free(bytes);
    return status;
}

kr_status sweep_journal_load(sweep *s, kr_error *err) {
    bool is_empty = true;
    cJSON *head = NULL;
    kr__path_join(s->request->folder, "sweep.jsonl", s->journal, sizeof s->journal);
    KR_TRY(read_journal(s, &is_empty, err));
    if (!is_empty) return KR_OK;
    KR_TRY(print_head(s, &head, err));
    kr_status status = add_line(s, head, err);
    cJSON_Delete(head);
    return status;
}

void sweep_journal_forget(const sweep *s) {
    char trials[SWEEP_PATH];
    kr__path_join(s->request->folder, "trials", trials, sizeof trials);
    bool is_begun = kr__is_folder(trials);
    for (int64_t i = 0; i < s->trials->n; i++) is_begun |= s->rows[i].n_rungs > 0;
    if (!is_begun) remove(s->journal);
}

kr_status sweep_journal_open(sweep *s, kr_error *err) {
    KR_TRY(output_folder_lock(s->request->folder, err));
    return sweep_journal_load(s, err);
}
