/* SPDX-License-Identifier: MIT
 * flags_json.c - settings as a JSON object, for checkpoints and reports. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/json.h"
#include "core/text.h"

/* ---- writing ---------------------------------------------------------------------------- */

/* Numbers are printed here: cJSON's own printing may lose the last bit. */
static cJSON *add_field(cJSON *object, const kr_flag *flag, const void *config) {
    const void *field = (const char *)config + flag->offset;
    char number[KR_NUMBER_TEXT];
    switch (flag->kind) {
        case KR_SETTING_TEXT:
            return cJSON_AddStringToObject(object, flag->name, field);
        case KR_SETTING_INT:
            snprintf(number, sizeof number, "%jd", (intmax_t)(*(const int64_t *)field));
            return cJSON_AddRawToObject(object, flag->name, number);
        case KR_SETTING_REAL:
            kr__text_number(*(const double *)field, number);
            return cJSON_AddRawToObject(object, flag->name, number);
        case KR_SETTING_BOOL:
        case KR_SETTING_OFF:
            break;
    }
    return cJSON_AddBoolToObject(object, flag->name, *(const bool *)field);
}

kr_status kr__flags_to_json(const kr_flag_table *table, const void *config, char **text,
                            kr_error *err) {
    char *copy = NULL;
    cJSON *object = cJSON_CreateObject();
    bool is_good = object != NULL;
    for (int i = 0; i < table->count && is_good; i++) {
        is_good = add_field(object, &table->flags[i], config) != NULL;
    }
    char *printed = is_good ? cJSON_PrintUnformatted(object) : NULL;
    if (printed) copy = kr__calloc(strlen(printed) + 1, 1);
    if (copy) memcpy(copy, printed, strlen(printed));
    cJSON_free(printed);
    cJSON_Delete(object);
    if (!copy) return kr_fail(err, KR_MEMORY, "no memory to write down the settings");
    *text = copy;
    return KR_OK;
}

/* ---- reading ---------------------------------------------------------------------------- */

static bool has_kind(const cJSON *item, kr_setting_kind kind) {
    switch (kind) {
        case KR_SETTING_TEXT:
            return cJSON_IsString(item);
        case KR_SETTING_INT:
            return cJSON_IsNumber(item) && item->valuedouble == floor(item->valuedouble);
        case KR_SETTING_REAL:
            return cJSON_IsNumber(item);
        case KR_SETTING_BOOL:
        case KR_SETTING_OFF:
            break;
    }
    return cJSON_IsBool(item);
}

/* Uses the same function as the command line, which checks ranges and choices. */
static kr_status read_field(const kr_flag_table *table, const cJSON *item, void *config,
                            kr_error *err) {
    const kr_flag *flag = kr__flags_find(table, item->string);
    if (!flag) {
        return kr_fail(err, KR_FORMAT, "setting \"%.80s\" is unknown to krait " KR_VERSION_STRING,
                       item->string);
    }
    if (!has_kind(item, flag->kind)) {
        return kr_fail(err, KR_FORMAT, "setting \"%s\" has a value of the wrong kind", flag->name);
    }
    char number[40];
    const char *text = number;
    if (flag->kind == KR_SETTING_TEXT) {
        text = item->valuestring;
    } else if (flag->kind == KR_SETTING_INT) {
        snprintf(number, sizeof number, "%.0f", fmax(-1e18, fmin(1e18, item->valuedouble)));
    } else if (flag->kind == KR_SETTING_REAL) {
        kr__text_print(number, sizeof number, "%.17g", item->valuedouble);
    } else {
        text = cJSON_IsTrue(item) ? "1" : "0";
    }
    if (kr__flags_set(table, config, flag->name, text, err) == KR_OK) return KR_OK;
    if (err) err->status = KR_FORMAT;
    return KR_FORMAT;
}

kr_status kr__flags_from_json(const kr_flag_table *table, const char *text, size_t n_bytes,
                              void *config, kr_error *err) {
    void *read = kr__calloc(1, table->size);
    if (!read) return kr_fail(err, KR_MEMORY, "no memory to read the settings");
    kr__flags_init(table, read);
    cJSON *object = NULL;
    kr_status status = kr__json_parse(text, n_bytes, &object, NULL);
    if (status == KR_MEMORY) {
        kr_fail(err, status, "no memory to read the settings");
    } else if (!cJSON_IsObject(object)) {
        status = kr_fail(err, KR_FORMAT, "the settings are not a JSON object");
    }
    for (const cJSON *item = status == KR_OK ? object->child : NULL; item && status == KR_OK;
         item = item->next) {
        status = read_field(table, item, read, err);
    }
    if (status == KR_OK) memcpy(config, read, table->size);
    cJSON_Delete(object);
    kr_free(read);
    return status;
}
