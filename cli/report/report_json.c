/* SPDX-License-Identifier: MIT
 * report_json.c - JSON files of a run: bounded, checked, shown as tables. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "core/flags.h"
#include "core/json.h"
#include "core/platform.h"
#include "report/report.h"

enum { MOST_BYTES = 64 << 20, LONGEST_VALUE = 200 };

static bool is_blank(const char *text) { return text[strspn(text, " \t\r\n")] == '\0'; }

kr_status report_parse_json(const char *path, cJSON **out, kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n = 0;
    const char *end = NULL;
    KR_TRY(kr__file_read(path, MOST_BYTES, &bytes, &n, err));
    cJSON *object = NULL;
    kr_status status = kr__json_parse((const char *)bytes, n + 1, &object, &end);
    if (status == KR_MEMORY) {
        kr_fail(err, status, "%s: out of memory", path);
    } else if (!object || !is_blank(end)) {
        cJSON_Delete(object);
        status = kr_fail(err, KR_FORMAT, "%s: is not valid JSON: byte %jd cannot be read", path,
                         (intmax_t)(end ? end - (const char *)bytes : 0));
    } else if (!cJSON_IsObject(object)) {
        cJSON_Delete(object);
        status = kr_fail(err, KR_FORMAT, "%s: is JSON, but not an object {..}", path);
    } else {
        *out = object;
    }
    kr_free(bytes);
    return status;
}

/* ---- members ---------------------------------------------------------------------------- */

const char *report_json_text(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

double report_json_real(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

double *report_json_reals(report *r, const cJSON *list, int64_t *n) {
    *n = 0;
    if (!cJSON_IsArray(list)) return NULL;
    double *values = report_alloc(r, cJSON_GetArraySize(list), sizeof *values);
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        if (values) values[(*n)++] = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    }
    return values;
}

const char *report_json_show(report *r, const cJSON *item) {
    if (cJSON_IsBool(item)) return cJSON_IsTrue(item) ? "yes" : "no";
    if (cJSON_IsNumber(item)) return report_number(r, item->valuedouble);
    if (!cJSON_IsString(item)) return "-";
    const char *text = item->valuestring;
    size_t n = strlen(text);
    if (n <= LONGEST_VALUE) return report_print(r, "%s", n > 0 ? text : "-");
    return report_print(r, "%.*s..", LONGEST_VALUE, text);
}

/* ---- tables of pairs -------------------------------------------------------------------- */

static bool is_skipped(const char *name, const char *skip) {
    size_t n = strlen(name);
    if (n == 0) return false; /* an empty name is found beyond the end, too */
    for (const char *at = skip ? strstr(skip, name) : NULL; at; at = strstr(at + 1, name)) {
        if (at > skip && at[-1] == '|' && at[n] == '|') return true;
    }
    return false;
}

/* The pairs of all plain members; defaults (NULL: none) are compared by their texts. */
static void add_pairs(report *r, report_section section, const char *title, const cJSON *object,
                      const char *skip, const cJSON *defaults) {
    int64_t most = cJSON_GetArraySize(object);
    const char **cells = report_alloc(r, most, 2 * sizeof *cells);
    bool *is_strong = report_alloc(r, most, sizeof *is_strong);
    const cJSON *item;
    report_table table = {.title = title, .is_pairs = true, .n_columns = 2};
    cJSON_ArrayForEach(item, object) {
        bool is_plain = !cJSON_IsArray(item) && !cJSON_IsObject(item) && !cJSON_IsNull(item);
        if (!cells || !is_strong || !is_plain || is_skipped(item->string, skip)) continue;
        const cJSON *usual = cJSON_GetObjectItemCaseSensitive(defaults, item->string);
        cells[2 * table.n_rows] = report_print(r, "%s", item->string);
        cells[2 * table.n_rows + 1] = report_json_show(r, item);
        is_strong[table.n_rows++] = usual && !cJSON_Compare(item, usual, true);
    }
    table.cells = cells;
    table.is_strong = is_strong;
    if (table.n_rows > 0) report_add_table(r, section, &table);
}

void report_json_pairs(report *r, report_section section, const char *title, const cJSON *object,
                       const char *skip) {
    add_pairs(r, section, title, object, skip, NULL);
}

void report_json_settings(report *r, const cJSON *config, const kr_flag_table *flags) {
    cJSON *defaults = NULL;
    char *text = NULL;
    void *fields = report_alloc(r, 1, flags->size);
    if (!cJSON_IsObject(config)) return;
    if (fields) {
        kr__flags_init(flags, fields);
        if (kr__flags_to_json(flags, fields, &text, NULL) == KR_OK) defaults = cJSON_Parse(text);
        kr_free(text);
    }
    add_pairs(r, REPORT_SETTINGS, "Flags (bold: not the default)", config, NULL, defaults);
    cJSON_Delete(defaults);
}
