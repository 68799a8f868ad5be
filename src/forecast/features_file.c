/* SPDX-License-Identifier: MIT
 * features_file.c - features as arrays and metadata of a checkpoint, and back.
 *
 *     data.mean, data.deviation                 of the columns; of panels (series, columns)
 *     data.static_mean, data.static_deviation   of the static columns, where there are any
 *     columns, series, marks, frequency         metadata
 *     cycle_start                               the date from which the cycle counts, where there
 * is one reading                                   how the table was read (tables/reading.h)
 *
 * Everything else follows from the settings. */
#include <cjson/cJSON.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/json.h"
#include "core/text.h"
#include "forecast/features.h"

/* ---- saving ----------------------------------------------------------------------------- */

static kr_status add_names(kr_entries *e, const char *key, char *const *names, int64_t n,
                           kr_error *err) {
    cJSON *list = cJSON_CreateStringArray((const char *const *)names, (int)n);
    char *text = list ? cJSON_PrintUnformatted(list) : NULL;
    kr_status status = text ? kr__entries_add_text(e, key, text, err)
                            : kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    cJSON_free(text);
    cJSON_Delete(list);
    return status;
}

static kr_status add_doubles(kr_entries *e, const char *name, int rank, const int64_t *shape,
                             const double *values, kr_error *err) {
    return kr__entries_add(e, name, KR_DTYPE_F64, rank, shape, values, err);
}

static kr_status add_scale(kr_entries *e, const kr_features *f, kr_error *err) {
    const int64_t all[2] = {f->n_series, f->n_columns};
    int rank = f->n_series > 0 ? 2 : 1;
    const int64_t *shape = all + 2 - rank;
    KR_TRY(add_doubles(e, "data.mean", rank, shape, f->mean, err));
    KR_TRY(add_doubles(e, "data.deviation", rank, shape, f->deviation, err));
    if (f->n_static == 0) return KR_OK;
    KR_TRY(add_doubles(e, "data.static_mean", 1, &f->n_static, f->static_mean, err));
    return add_doubles(e, "data.static_deviation", 1, &f->n_static, f->static_deviation, err);
}

kr_status kr__features_list(const kr_features *f, kr_entries *entries, kr_error *err) {
    KR_TRY(add_scale(entries, f, err));
    KR_TRY(add_names(entries, "columns", f->columns, f->n_columns, err));
    KR_TRY(kr__entries_add_int(entries, "marks", f->n_marks, err));
    if (f->cycle > 0) KR_TRY(kr__entries_add_int(entries, "cycle_start", f->cycle_start, err));
    if (f->reading) KR_TRY(kr__entries_add_text(entries, "reading", f->reading, err));
    if (f->n_series > 0) KR_TRY(add_names(entries, "series", f->series, f->n_series, err));
    if (!f->has_frequency) return KR_OK;
    char frequency[KR_FREQUENCY_TEXT];
    kr_frequency_text(&f->frequency, frequency);
    return kr__entries_add_text(entries, "frequency", frequency, err);
}

/* ---- going on --------------------------------------------------------------------------- */

/* Are the saved numbers those of today, but for the rounding of another version? */
static bool are_same(const kr_array *saved, const double *now, const double *deviation, int64_t n) {
    const double tolerance = 1e-6;
    if (!saved || saved->dtype != KR_DTYPE_F64) return true;
    bool is_same = saved->n == n;
    for (int64_t i = 0; i < n && is_same; i++) {
        double was;
        memcpy(&was, (const double *)saved->data + i, sizeof was);
        is_same =
            was == now[i] || !(fabs(was - now[i]) > tolerance * (fabs(deviation[i]) + DBL_MIN));
    }
    return is_same;
}

kr_status kr__features_check(const kr_features *f, const kr_entries *entries, kr_error *err) {
    int64_t n = (f->n_series > 0 ? f->n_series : 1) * f->n_columns;
    if (are_same(kr__entries_find(entries, "data.mean"), f->mean, f->deviation, n) &&
        are_same(kr__entries_find(entries, "data.deviation"), f->deviation, f->deviation, n)) {
        return KR_OK;
    }
    return kr_fail(
        err, KR_USAGE,
        "was trained on rows with other values; give the same data to `resume`, or train "
        "again");
}

/* ---- loading ---------------------------------------------------------------------------- */

typedef struct loading {
    kr_tensor_file *file;
    const char *path;
    const kr__feature_settings *settings;
    kr_features *features;
    kr__name_list constant; /* --static_columns */
    kr_error *err;
} loading;

static kr_status out_of_memory(const loading *l) {
    return kr_fail(l->err, KR_MEMORY, "%s: out of memory for the model", l->path);
}

static kr_status refuse_damaged(const loading *l, const char *what) {
    return kr_fail(l->err, KR_FORMAT, "%s: %s is missing or damaged; train the model again",
                   l->path, what);
}

/* With room for n_more names after them. */
static kr_status copy_names(const loading *l, const cJSON *list, const char *what, int64_t n_more,
                            char ***names, int64_t *n) {
    kr_arena *arena = &l->features->arena;
    int64_t i = 0;
    *n = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || *n < 1) return refuse_damaged(l, what);
    *names = kr__arena_alloc(arena, (size_t)(*n + n_more), sizeof **names);
    if (!*names) return out_of_memory(l);
    for (const cJSON *name = list->child; name; name = name->next) {
        if (!cJSON_IsString(name)) return refuse_damaged(l, what);
        (*names)[i] = kr__arena_strdup(arena, name->valuestring);
        if (!(*names)[i++]) return out_of_memory(l);
    }
    return KR_OK;
}

static kr_status load_names(const loading *l, const char *key, int64_t n_more, char ***names,
                            int64_t *n) {
    char what[64];
    snprintf(what, sizeof what, "the list of %s", key);
    const char *text = kr_tensor_file_value(l->file, key);
    cJSON *list = NULL;
    kr_status status = text ? kr__json_parse(text, strlen(text), &list, NULL) : KR_FORMAT;
    if (status == KR_MEMORY) return out_of_memory(l);
    status = list ? copy_names(l, list, what, n_more, names, n) : refuse_damaged(l, what);
    cJSON_Delete(list);
    return status;
}

static kr_status load_columns(loading *l) {
    kr_features *f = l->features;
    const kr__feature_settings *s = l->settings;
    kr__name_list known;
    if (!kr__name_list_read(s->static_columns, &f->arena, &l->constant) ||
        !kr__name_list_read(s->known_future, &f->arena, &known)) {
        return out_of_memory(l);
    }
    f->n_static = l->constant.n;
    f->n_future = known.n;
    KR_TRY(load_names(l, "columns", f->n_static, &f->columns, &f->n_columns));
    if (f->n_future >= f->n_columns) return refuse_damaged(l, "the list of columns");
    f->n_outputs = strcmp(s->features, "MS") == 0 ? 1 : f->n_columns - f->n_future;
    for (int64_t k = 0; k < f->n_static; k++) {
        f->columns[f->n_columns + k] = kr__arena_strdup(&f->arena, l->constant.names[k]);
        if (!f->columns[f->n_columns + k]) return out_of_memory(l);
    }
    if (!kr_tensor_file_value(l->file, "series")) return KR_OK;
    return load_names(l, "series", 0, &f->series, &f->n_series);
}

/* Older checkpoints do not say how their table was read. */
static kr_status load_reading(const loading *l) {
    const char *text = kr_tensor_file_value(l->file, "reading");
    if (text) l->features->reading = kr__arena_strdup(&l->features->arena, text);
    return !text || l->features->reading ? KR_OK : out_of_memory(l);
}

static kr_status load_blank(const loading *l) {
    kr_features *f = l->features;
    kr__name_list names;
    f->is_blank = kr__arena_alloc(&f->arena, (size_t)f->n_columns, sizeof *f->is_blank);
    if (!f->is_blank || !kr__name_list_read(l->settings->blank_columns, &f->arena, &names)) {
        return out_of_memory(l);
    }
    for (int64_t c = 0; c < f->n_columns; c++) {
        f->is_blank[c] = kr__name_list_find(&names, f->columns[c]) >= 0;
    }
    return KR_OK;
}

/* Older checkpoints do not say: their model has time features unless its data had no dates. */
static kr_status load_marks(const loading *l) {
    kr_features *f = l->features;
    const char *text = kr_tensor_file_value(l->file, "marks");
    int64_t n = -1;
    if (text && (!kr__text_int(text, &n) || n < 0)) return refuse_damaged(l, "marks");
    f->dates = l->settings->dates;
    f->dates.freq = kr__arena_strdup(&f->arena, l->settings->dates.freq);
    if (!f->dates.freq) return out_of_memory(l);
    f->n_masks = l->settings->has_masks ? f->n_columns : 0;
    f->has_dates = text ? n > f->n_masks + f->n_static + (f->cycle > 0) : l->settings->had_dates;
    KR_TRY(kr__features_count_marks(f, l->err));
    return n < 0 || n == f->n_marks ? KR_OK : refuse_damaged(l, "marks");
}

static kr_status load_frequency(const loading *l) {
    kr_features *f = l->features;
    const char *text = kr_tensor_file_value(l->file, "frequency");
    if (!text) return KR_OK;
    if (kr_frequency_parse(text, &f->frequency, NULL) != KR_OK) {
        return refuse_damaged(l, "frequency");
    }
    f->has_frequency = true;
    return KR_OK;
}

/* Statistical models have no cycle, whatever the settings say. */
static kr_status load_cycle(const loading *l) {
    kr_features *f = l->features;
    const char *text = kr_tensor_file_value(l->file, "cycle_start");
    if (!text) return KR_OK;
    f->cycle = l->settings->cycle;
    char date[KR_DATE_TEXT]; /* "" outside of the calendar */
    bool is_good = f->cycle > 0 && f->has_frequency && kr__text_int(text, &f->cycle_start) &&
                   *kr_date_text(f->cycle_start, date);
    return is_good ? KR_OK : refuse_damaged(l, "cycle_start");
}

static kr_status load_doubles(const loading *l, const char *name, int64_t n, double **out) {
    int64_t i = kr_tensor_file_find(l->file, name);
    const kr_array *info = i >= 0 ? kr_tensor_file_info(l->file, i) : NULL;
    if (!info || info->n != n) return refuse_damaged(l, name);
    *out = kr__arena_alloc(&l->features->arena, (size_t)n, sizeof **out);
    if (!*out) return out_of_memory(l);
    kr_array array = {0};
    KR_TRY(kr_tensor_file_get(l->file, i, &array, l->err));
    kr_status status = kr_array_to_double(&array, *out, l->err);
    kr_array_deinit(&array);
    return status;
}

/* n numbers of either kind; the model divides by the deviation. */
static kr_status check_scale(const loading *l, const char *name, int64_t n, const double *mean,
                             const double *deviation) {
    for (int64_t i = 0; i < n; i++) {
        bool is_good = isfinite(mean[i]) && isfinite(deviation[i]) && deviation[i] > 0;
        if (!is_good) return refuse_damaged(l, name);
    }
    return KR_OK;
}

static kr_status load_scale(const loading *l) {
    kr_features *f = l->features;
    int64_t n = f->n_columns * (f->n_series > 0 ? f->n_series : 1);
    KR_TRY(load_doubles(l, "data.mean", n, &f->mean));
    KR_TRY(load_doubles(l, "data.deviation", n, &f->deviation));
    return check_scale(l, "data.deviation", n, f->mean, f->deviation);
}

/* Older checkpoints have no scale of static columns. */
static kr_status load_statics(const loading *l) {
    kr_features *f = l->features;
    if (f->n_static == 0) return KR_OK;
    if (kr_tensor_file_find(l->file, "data.static_mean") < 0) {
        return kr_fail(
            l->err, KR_UNSUPPORTED,
            "%s: was trained with static columns (%.100s) by a version that did not keep "
            "their scale; train the model again to forecast new rows",
            l->path, l->settings->static_columns);
    }
    KR_TRY(load_doubles(l, "data.static_mean", f->n_static, &f->static_mean));
    KR_TRY(load_doubles(l, "data.static_deviation", f->n_static, &f->static_deviation));
    return check_scale(l, "data.static_deviation", f->n_static, f->static_mean,
                       f->static_deviation);
}

static kr_status load(loading *l) {
    l->features->seq_len = l->settings->seq_len;
    l->features->pred_len = l->settings->pred_len;
    KR_TRY(load_columns(l));
    KR_TRY(load_blank(l));
    KR_TRY(load_frequency(l));
    KR_TRY(load_cycle(l));
    KR_TRY(load_marks(l));
    KR_TRY(load_reading(l));
    KR_TRY(load_scale(l));
    return load_statics(l);
}

kr_status kr__features_load(kr_tensor_file *file, const kr__feature_settings *settings,
                            kr_features **out, kr_error *err) {
    loading l = {.file = file,
                 .path = kr_tensor_file_path(file),
                 .settings = settings,
                 .features = kr__calloc(1, sizeof *l.features),
                 .err = err};
    kr_status status = l.features ? load(&l) : out_of_memory(&l);
    if (status != KR_OK) {
        kr__features_destroy(l.features);
        return status;
    }
    *out = l.features;
    return KR_OK;
}
