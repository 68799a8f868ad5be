/* SPDX-License-Identifier: MIT
 * sweep_axis.c - what `--set name=values` means: a list of values, or a range and its points. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/flag_find.h"
#include "core/flags.h"
#include "core/text.h"
#include "forecast/forecast_config.h"
#include "forecast/sweep.h"
#include "forecast/sweep_internal.h"

/* ---- the flag --------------------------------------------------------------------------- */

static kr_status find_flag(const char *text, size_t n, const kr_flag **out, kr_error *err) {
    const kr_flag_table *table = kr__forecast_flags();
    char name[KR_SWEEP_TEXT];
    snprintf(name, sizeof name, "%.*s", (int)n, text);
    for (char *c = name; *c; c++) *c = *c == '-' ? '_' : *c;
    *out = kr__flags_find(table, name);
    if (*out && (*out)->traits & KR_SETTING_SWEPT) return KR_OK;
    if (*out) {
        return kr_fail(err, KR_USAGE, "`set`: `%s` cannot be swept; give it to all runs, if at all",
                       name);
    }
    kr_status status = kr__flags_fail_unknown(table, name, err);
    kr_error_prefix(err, "`set`");
    return status;
}

/* ---- a value ---------------------------------------------------------------------------- */

typedef struct reader {
    kr_sweep_axis *axis;
    kr_forecast_config *scratch; /* to see what a flag accepts */
    kr_error *err;
} reader;

/* The value as the flag writes it, so that 1e-3 and 0.001 are the same. */
static kr_status normalise(const reader *r, const char *text, char value[KR_SWEEP_TEXT]) {
    const kr_flag *flag = r->axis->flag;
    char full[KR_FORECAST_TEXT];
    kr_status status = kr__forecast_config_set(r->scratch, flag->name, text, r->err);
    if (status != KR_OK) {
        kr_error_prefix(r->err, "`set`");
        return status;
    }
    kr__forecast_config_get(r->scratch, flag, full, sizeof full);
    if (strlen(full) >= KR_SWEEP_TEXT) {
        return kr_fail(r->err, KR_USAGE,
                       "`set`: `%s`: a value of %zu characters; at most %d are allowed", flag->name,
                       strlen(full), KR_SWEEP_TEXT - 1);
    }
    memcpy(value, full, strlen(full) + 1);
    return KR_OK;
}

static bool has_value(const kr_sweep_axis *axis, const char *value) {
    for (int i = 0; i < axis->n; i++) {
        if (strcmp(axis->values[i], value) == 0) return true;
    }
    return false;
}

/* ---- a list ----------------------------------------------------------------------------- */

static kr_status add_item(const reader *r, const char *from, size_t n) {
    kr_sweep_axis *axis = r->axis;
    char text[KR_FORECAST_TEXT], value[KR_SWEEP_TEXT];
    const char *name = axis->flag->name;
    if (n == 0) {
        return kr_fail(r->err, KR_USAGE,
                       "`set`: `%s`: a value is missing; write it as `set` %s=a,b", name, name);
    }
    if (axis->n == KR_SWEEP_VALUES) {
        return kr_fail(r->err, KR_USAGE, "`set`: `%s`: at most %d values; name fewer", name,
                       KR_SWEEP_VALUES);
    }
    snprintf(text, sizeof text, "%.*s", (int)n, from);
    KR_TRY(normalise(r, text, value));
    if (has_value(axis, value)) {
        return kr_fail(r->err, KR_USAGE, "`set`: `%s`: %s is named twice; name it once", name,
                       value);
    }
    memcpy(axis->values[axis->n++], value, sizeof value);
    return KR_OK;
}

static kr_status read_list(const reader *r, const char *text) {
    for (;;) {
        size_t n = strcspn(text, ",");
        KR_TRY(add_item(r, text, n));
        if (text[n] == '\0') return KR_OK;
        text += n + 1;
    }
}

/* ---- a range ---------------------------------------------------------------------------- */

typedef struct range {
    char ends[2][KR_SWEEP_TEXT];
    int64_t n_points;
} range;

/* ":log", ":5", in any order, each once. */
static kr_status read_suffixes(const reader *r, const char *text, range *out) {
    const char *name = r->axis->flag->name;
    while (*text == ':') {
        size_t n = strcspn(++text, ":");
        char word[KR_SWEEP_TEXT];
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        if (strcmp(word, "log") == 0 && !r->axis->is_log) {
            r->axis->is_log = true;
        } else if (out->n_points != 0 || !kr__text_int(word, &out->n_points)) {
            return kr_fail(
                r->err, KR_USAGE,
                "`set`: `%s`: \"%.40s\" is not understood; after a range there may be :log and the "
                "number of its points, such as :log:5",
                name, word);
        } else if (out->n_points < 2 || out->n_points > KR_SWEEP_VALUES) {
            return kr_fail(r->err, KR_USAGE, "`set`: `%s`: %s points; a range has 2 to %d", name,
                           word, KR_SWEEP_VALUES);
        }
        text += n;
    }
    return KR_OK;
}

static kr_status check_ends(const reader *r) {
    const kr_sweep_axis *axis = r->axis;
    if (axis->from >= axis->to) {
        return kr_fail(r->err, KR_USAGE,
                       "`set`: `%s`: %.10g..%.10g is not a range; put the smaller number first",
                       axis->flag->name, axis->from, axis->to);
    }
    if (axis->is_log && axis->from <= 0) {
        return kr_fail(r->err, KR_USAGE,
                       "`set`: `%s`: there are no equal ratios from %.10g on; start above 0, or "
                       "leave :log out",
                       axis->flag->name, axis->from);
    }
    return KR_OK;
}

static kr_status read_ends(const reader *r, const char *text, range *out) {
    const char *dots = strstr(text, "..");
    size_t n_to = strcspn(dots + 2, ":");
    char from[KR_FORECAST_TEXT], to[KR_FORECAST_TEXT];
    if (memchr(text, ',', strlen(text))) {
        return kr_fail(r->err, KR_USAGE,
                       "`set`: `%s`: a list cannot contain a range; write a list or a range",
                       r->axis->flag->name);
    }
    snprintf(from, sizeof from, "%.*s", (int)(dots - text), text);
    snprintf(to, sizeof to, "%.*s", (int)n_to, dots + 2);
    KR_TRY(normalise(r, from, out->ends[0]));
    KR_TRY(normalise(r, to, out->ends[1]));
    kr__text_real(out->ends[0], &r->axis->from);
    kr__text_real(out->ends[1], &r->axis->to);
    KR_TRY(read_suffixes(r, dots + 2 + n_to, out));
    return check_ends(r);
}

/* Points between the ends; a whole number that occurs twice is taken once. */
static kr_status read_range(const reader *r, const char *text) {
    kr_sweep_axis *axis = r->axis;
    range all = {.n_points = 0};
    axis->is_range = true;
    KR_TRY(read_ends(r, text, &all));
    int64_t n = all.n_points > 0 ? all.n_points : KR_SWEEP_POINTS;
    for (int64_t i = 0; i < n; i++) {
        char value[KR_SWEEP_TEXT];
        if (i == 0 || i == n - 1) {
            memcpy(value, all.ends[i > 0], sizeof value);
        } else {
            kr__sweep_point(axis, (double)i / (double)(n - 1), value);
        }
        if (!has_value(axis, value)) memcpy(axis->values[axis->n++], value, sizeof value);
    }
    return KR_OK;
}

/* ---- all together ----------------------------------------------------------------------- */

static kr_status read_axis(const reader *r, const char *text) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        return kr_fail(r->err, KR_USAGE,
                       "`set`: \"%.80s\" is not a flag with values; write it as d_model=64,128 or "
                       "learning_rate=1e-4..1e-3:log",
                       text);
    }
    KR_TRY(find_flag(text, (size_t)(equals - text), &r->axis->flag, r->err));
    kr_setting_kind kind = r->axis->flag->kind;
    bool is_number = kind == KR_SETTING_INT || kind == KR_SETTING_REAL;
    return is_number && strstr(equals, "..") ? read_range(r, equals + 1) : read_list(r, equals + 1);
}

kr_status kr__sweep_axis_parse(const char *text, kr_sweep_axis *axis, kr_error *err) {
    reader r = {.axis = kr__calloc(1, sizeof *axis),
                .scratch = kr__calloc(1, sizeof *r.scratch),
                .err = err};
    kr_status status = KR_MEMORY;
    if (r.axis && r.scratch) {
        status = read_axis(&r, text);
        if (status == KR_OK) *axis = *r.axis;
    } else {
        kr_fail(err, KR_MEMORY, "out of memory for `set`");
    }
    kr_free(r.axis);
    kr_free(r.scratch);
    return status;
}
