/* SPDX-License-Identifier: MIT
 * flags.c - settings as data: defaults, setting one from text. */

#include <stdio.h>
#include <string.h>

#include "core/flag_find.h"
#include "core/flags.h"
#include "core/text.h"

/* ---- setting one ------------------------------------------------------------------------ */

static kr_status set_text(const kr_flag *flag, const char *text, char *field, kr_error *err) {
    if (*flag->choices) KR_TRY(kr__text_check_choice(flag->name, text, flag->choices, err));
    size_t n = strlen(text);
    if (n >= KR_FLAG_TEXT) {
        return kr_fail(err, KR_USAGE, "`%s`: has %zu characters; at most %d are allowed",
                       flag->name, n, KR_FLAG_TEXT - 1);
    }
    memcpy(field, text, n + 1);
    return KR_OK;
}

static kr_status check_range(const kr_flag *flag, const char *text, double value, kr_error *err) {
    if (value >= flag->min && value <= flag->max) return KR_OK;
    return kr_fail(err, KR_USAGE, "`%s`: %.80s is out of range; use %.16g to %.16g", flag->name,
                   text, flag->min, flag->max);
}

static kr_status set_int(const kr_flag *flag, const char *text, int64_t *field, kr_error *err) {
    int64_t value = 0;
    if (!kr__text_int(text, &value)) {
        return kr_fail(err, KR_USAGE, "`%s`: \"%.80s\" is not a whole number; use %.16g to %.16g",
                       flag->name, text, flag->min, flag->max);
    }
    KR_TRY(check_range(flag, text, (double)value, err));
    *field = value;
    return KR_OK;
}

static kr_status set_real(const kr_flag *flag, const char *text, double *field, kr_error *err) {
    double value = 0;
    if (!kr__text_real(text, &value)) {
        return kr_fail(err, KR_USAGE, "`%s`: \"%.80s\" is not a number; use %.16g to %.16g",
                       flag->name, text, flag->min, flag->max);
    }
    KR_TRY(check_range(flag, text, value, err));
    *field = value;
    return KR_OK;
}

static kr_status set_bool(const kr_flag *flag, const char *text, bool *field, kr_error *err) {
    if (kr__text_bool(text, field)) return KR_OK;
    return kr_fail(err, KR_USAGE, "`%s`: \"%.80s\" is neither yes nor no; use 0, 1, true or false",
                   flag->name, text);
}

static kr_status set_field(const kr_flag *flag, const char *text, void *config, kr_error *err) {
    void *field = (char *)config + flag->offset;
    switch (flag->kind) {
        case KR_SETTING_TEXT:
            return set_text(flag, text, field, err);
        case KR_SETTING_INT:
            return set_int(flag, text, field, err);
        case KR_SETTING_REAL:
            return set_real(flag, text, field, err);
        case KR_SETTING_BOOL:
        case KR_SETTING_OFF:
            break;
    }
    return set_bool(flag, text, field, err);
}

const kr_flag *kr__flags_find(const kr_flag_table *table, const char *name) {
    for (int i = 0; i < table->count; i++) {
        if (strcmp(name, table->flags[i].name) == 0) return &table->flags[i];
    }
    return NULL;
}

kr_status kr__flags_fail_unknown(const kr_flag_table *table, const char *name, kr_error *err) {
    kr_guess guess = {.word = name};
    for (int i = 0; i < table->count; i++) {
        kr__guess_offer(&guess, table->flags[i].name, strlen(table->flags[i].name));
    }
    if (guess.best) {
        return kr_fail(err, KR_USAGE, "unknown setting \"%.80s\"; did you mean `%s`?", name,
                       guess.best);
    }
    return kr_fail(err, KR_USAGE, "unknown setting \"%.80s\"", name);
}

kr_status kr__flags_set(const kr_flag_table *table, void *config, const char *name,
                        const char *text, kr_error *err) {
    const kr_flag *flag = kr__flags_find(table, name);
    if (flag) return set_field(flag, text, config, err);
    return kr__flags_fail_unknown(table, name, err);
}

void kr__flag_get(const kr_flag *flag, const void *config, char *text, size_t size) {
    const void *field = (const char *)config + flag->offset;
    char number[KR_NUMBER_TEXT];
    switch (flag->kind) {
        case KR_SETTING_TEXT:
            snprintf(text, size, "%s", (const char *)field);
            return;
        case KR_SETTING_INT:
            snprintf(text, size, "%jd", (intmax_t)(*(const int64_t *)field));
            return;
        case KR_SETTING_REAL:
            snprintf(text, size, "%s", kr__text_number(*(const double *)field, number));
            return;
        case KR_SETTING_BOOL:
        case KR_SETTING_OFF:
            snprintf(text, size, "%d", *(const bool *)field);
    }
}

void kr__flags_init(const kr_flag_table *table, void *config) {
    memset(config, 0, table->size);
    for (int i = 0; i < table->count; i++) {
        set_field(&table->flags[i], table->flags[i].default_text, config, NULL);
    }
}
