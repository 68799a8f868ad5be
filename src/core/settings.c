/* SPDX-License-Identifier: MIT
 * settings.c - a handle for a structure of settings, whose fields it finds by name. */
#include <kr/settings.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/flag_find.h"
#include "core/settings_view.h"
#include "core/sized_struct.h"
#include "core/text.h"

struct kr_settings {
    const kr_flag_table *table;
    void *values;
};

/* ---- life ------------------------------------------------------------------------------- */

static kr_status create(const kr_flag_table *table, kr_settings **out, kr_error *err) {
    kr_settings *s = kr__calloc(1, sizeof *s);
    void *values = kr__calloc(1, table->size);
    if (!s || !values) {
        kr_free(s);
        kr_free(values);
        return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    }
    *s = (kr_settings){table, values};
    *out = s;
    return KR_OK;
}

kr_status kr__settings_create(const kr_flag_table *table, kr_settings **out, kr_error *err) {
    KR_TRY(create(table, out, err));
    kr__flags_init(table, (*out)->values);
    return KR_OK;
}

kr_status kr_settings_copy(const kr_settings *settings, kr_settings **out, kr_error *err) {
    KR_TRY(create(settings->table, out, err));
    memcpy((*out)->values, settings->values, settings->table->size);
    return KR_OK;
}

kr_status kr__settings_from_values(const kr_flag_table *table, const void *values,
                                   kr_settings **out, kr_error *err) {
    KR_TRY(create(table, out, err));
    memcpy((*out)->values, values, table->size);
    return KR_OK;
}

void kr_settings_destroy(kr_settings *settings) {
    if (!settings) return;
    kr_free(settings->values);
    kr_free(settings);
}

kr_status kr__settings_values(const kr_settings *settings, const kr_flag_table *table,
                              const void **values, kr_error *err) {
    if (settings->table != table) {
        return kr_fail(err, KR_USAGE, "these are settings of the list %s, not of %s",
                       settings->table->name, table->name);
    }
    *values = settings->values;
    return KR_OK;
}

/* ---- names ------------------------------------------------------------------------------ */

enum { NAME_SIZE = 96 }; /* more than any name has */

/* - becomes _. */
static const kr_flag *find(const kr_settings *s, const char *name) {
    char plain[NAME_SIZE];
    snprintf(plain, sizeof plain, "%s", name);
    for (char *c = plain; *c; c++) {
        if (*c == '-') *c = '_';
    }
    return kr__flags_find(s->table, plain);
}

static kr_status find_or_fail(const kr_settings *s, const char *name, const kr_flag **out,
                              kr_error *err) {
    *out = find(s, name);
    return *out ? KR_OK : kr__flags_fail_unknown(s->table, name, err);
}

/* ---- setting ---------------------------------------------------------------------------- */

kr_status kr_settings_set(kr_settings *settings, const char *name, const char *text,
                          kr_error *err) {
    const kr_flag *flag = NULL;
    KR_TRY(find_or_fail(settings, name, &flag, err));
    return kr__flags_set(settings->table, settings->values, flag->name, text, err);
}

static kr_status set_number(kr_settings *s, const char *name, const char *text, bool may_be_bool,
                            kr_error *err) {
    const kr_flag *flag = NULL;
    KR_TRY(find_or_fail(s, name, &flag, err));
    bool is_number = flag->kind == KR_SETTING_INT || flag->kind == KR_SETTING_REAL;
    if (!is_number && (flag->kind == KR_SETTING_TEXT || !may_be_bool)) {
        return kr_fail(err, KR_USAGE, "`%s`: %s is a number; %s is needed", flag->name, text,
                       flag->kind == KR_SETTING_TEXT ? "a text" : "0 or 1");
    }
    return kr__flags_set(s->table, s->values, flag->name, text, err);
}

kr_status kr_settings_set_int(kr_settings *settings, const char *name, int64_t value,
                              kr_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%jd", (intmax_t)value);
    return set_number(settings, name, text, true, err);
}

/* An INT reads no exponent. */
kr_status kr_settings_set_real(kr_settings *settings, const char *name, double value,
                               kr_error *err) {
    char text[64];
    bool is_whole = value == floor(value) && fabs(value) < 1e18;
    kr__text_print(text, sizeof text, is_whole ? "%.0f" : "%.17g", value);
    return set_number(settings, name, text, false, err);
}

/* ---- reading ---------------------------------------------------------------------------- */

kr_status kr_settings_get(const kr_settings *settings, const char *name, char *text, size_t size,
                          kr_error *err) {
    const kr_flag *flag = NULL;
    char value[KR_FLAG_TEXT];
    KR_TRY(find_or_fail(settings, name, &flag, err));
    kr__flag_get(flag, settings->values, value, sizeof value);
    if (strlen(value) >= size) {
        return kr_fail(err, KR_USAGE, "`%s`: its value needs room for %zu bytes, not %zu",
                       flag->name, strlen(value) + 1, size);
    }
    memcpy(text, value, strlen(value) + 1);
    return KR_OK;
}

static const char *kind_name(kr_setting_kind kind) {
    static const char *const names[] = {"a text", "a whole number", "a number", "a yes or no"};
    return names[kind == KR_SETTING_OFF ? KR_SETTING_BOOL : kind];
}

/* A mistake in the calling program. */
static const void *field_of(const kr_settings *s, const char *name, kr_setting_kind kind) {
    const kr_flag *flag = find(s, name);
    bool is_off = flag && flag->kind == KR_SETTING_OFF && kind == KR_SETTING_BOOL;
    if (flag && (flag->kind == kind || is_off)) return (const char *)s->values + flag->offset;
    if (!flag) {
        fprintf(stderr, "krait: the list of settings %s has no \"%s\"\n", s->table->name, name);
    } else {
        fprintf(stderr, "krait: setting \"%s\" of the list %s is %s, not %s\n", flag->name,
                s->table->name, kind_name(flag->kind), kind_name(kind));
    }
    abort();
}

int64_t kr_settings_int(const kr_settings *settings, const char *name) {
    return *(const int64_t *)field_of(settings, name, KR_SETTING_INT);
}

double kr_settings_real(const kr_settings *settings, const char *name) {
    return *(const double *)field_of(settings, name, KR_SETTING_REAL);
}

bool kr_settings_bool(const kr_settings *settings, const char *name) {
    return *(const bool *)field_of(settings, name, KR_SETTING_BOOL);
}

const char *kr_settings_text(const kr_settings *settings, const char *name) {
    return field_of(settings, name, KR_SETTING_TEXT);
}

/* ---- the list --------------------------------------------------------------------------- */

const char *kr_settings_list(const kr_settings *settings) { return settings->table->name; }

int kr_settings_count(const kr_settings *settings) { return settings->table->count; }

/* A caller that was built with an older, shorter struct gets as much as it has room for. */
void kr_settings_describe(const kr_settings *settings, int i, kr_setting_info *info) {
    if (i < 0 || i >= settings->table->count) {
        fprintf(stderr, "krait: the list of settings %s has no number %d\n", settings->table->name,
                i);
        abort();
    }
    const kr_flag *flag = &settings->table->flags[i];
    const kr_setting_info all = {.name = flag->name,
                                 .group = flag->group,
                                 .help = flag->help,
                                 .word = flag->word,
                                 .default_text = flag->default_text,
                                 .choices = flag->choices,
                                 .min = flag->min,
                                 .max = flag->max,
                                 .kind = flag->kind,
                                 .traits = flag->traits};
    kr__sized_give(&all, sizeof all, info);
}

/* ---- as JSON ---------------------------------------------------------------------------- */

kr_status kr_settings_to_json(const kr_settings *settings, char **text, kr_error *err) {
    return kr__flags_to_json(settings->table, settings->values, text, err);
}

kr_status kr_settings_from_json(kr_settings *settings, const char *text, size_t n_bytes,
                                kr_error *err) {
    return kr__flags_from_json(settings->table, text, n_bytes, settings->values, err);
}
