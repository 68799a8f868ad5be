/* SPDX-License-Identifier: MIT
 * features_columns.c - which columns of rows a model receives, in which order: chosen by the
 * settings for its training, found again by their names for its forecasts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/features.h"

/* What the steps of choosing share. */
typedef struct choosing {
    const kr__feature_settings *settings;
    const kr_rows *rows;
    kr_features *features;
    kr__name_list dropped, known, constant; /* --drop_columns, --known_future, --static_columns */
    int64_t *column_of;                     /* as kr__features_choose() gives it */
    kr_error *err;
} choosing;

static kr_status out_of_memory(const choosing *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: no memory for its columns", o->rows->name);
}

/* ---- names that are not there ----------------------------------------------------------- */

/* "a, b, c" and .. when there are more than fit. */
static void list_names(char *const *names, int64_t n_names, char *text, size_t size) {
    size_t n = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < n_names; i++) {
        size_t length = strlen(names[i]);
        if (n + length + 8 > size) {
            strcpy(text + n, ", ..");
            return;
        }
        if (i > 0) n += (size_t)snprintf(text + n, size - n, ", ");
        n += (size_t)snprintf(text + n, size - n, "%s", names[i]);
    }
}

/* A setting that names columns. */
typedef struct naming {
    const char *flag;
    const char *wish; /* "to be the target" */
    const char *some; /* "one", "some" */
} naming;

static kr_status refuse_name(const choosing *o, const naming *of, const char *name,
                             char *const *names, int64_t n) {
    char list[320];
    list_names(names, n, list, sizeof list);
    kr_guess guess = {.word = name};
    for (int64_t i = 0; i < n; i++) kr__guess_offer(&guess, names[i], strlen(names[i]));
    return kr_fail(o->err, KR_USAGE,
                   "%s: has no column \"%.60s\" %s%s%.*s%s; set `%s` to %s of: %s", o->rows->name,
                   name, of->wish, guess.best ? " (did you mean " : "", (int)guess.n_best,
                   guess.best ? guess.best : "", guess.best ? "?)" : "", of->flag, of->some, list);
}

/* ---- choosing --------------------------------------------------------------------------- */

/* Every column to drop was in the file: skipped by its reader, or still in the rows. */
static kr_status check_dropped(const choosing *o) {
    static const naming of = {"drop_columns", "to leave out", "some"};
    const kr_rows *r = o->rows;
    for (int64_t i = 0; i < o->dropped.n; i++) {
        const char *name = o->dropped.names[i];
        if (kr__find_name(r->unread, r->n_unread, name) >= 0) continue;
        if (kr_rows_find(r, name) >= 0) continue;
        return refuse_name(o, &of, name, r->columns, r->n_columns);
    }
    return KR_OK;
}

static bool is_in(const kr__name_list *list, const char *name) {
    return kr__name_list_find(list, name) >= 0;
}

/* A column that is asked for by name; a dropped one is not found. */
static int64_t find_column(const choosing *o, const char *name) {
    return is_in(&o->dropped, name) ? -1 : kr_rows_find(o->rows, name);
}

/* What find_column() does not find. */
static kr_status refuse_column(const choosing *o, const naming *of, const char *name) {
    if (!is_in(&o->dropped, name)) {
        return refuse_name(o, of, name, o->rows->columns, o->rows->n_columns);
    }
    return kr_fail(
        o->err, KR_USAGE,
        "`%s`: column \"%.60s\" is one that `drop_columns` leaves out; change one of them",
        of->flag, name);
}

/* -1: stays where it is, or there is none. */
static kr_status find_target(const choosing *o, int64_t *target) {
    static const naming of = {"target", "to be the target", "one"};
    const kr__feature_settings *s = o->settings;
    bool is_for_all = strcmp(s->features, "M") == 0;
    *target = -1;
    if (is_for_all && (!s->target_is_last || !*s->target)) return KR_OK;
    *target = find_column(o, s->target);
    if (*target >= 0) return KR_OK;
    return refuse_column(o, &of, s->target);
}

static kr_status choose_blank(const choosing *o) {
    static const naming of = {"blank_columns", "to be blank", "some"};
    kr_features *f = o->features;
    kr__name_list list;
    f->is_blank = kr__arena_alloc(&f->arena, (size_t)f->n_columns, sizeof *f->is_blank);
    if (!f->is_blank || !kr__name_list_read(o->settings->blank_columns, &f->arena, &list)) {
        return out_of_memory(o);
    }
    for (int64_t i = 0; i < list.n; i++) {
        int64_t column = kr__find_name(f->columns, f->n_columns, list.names[i]);
        if (column < 0) return refuse_name(o, &of, list.names[i], f->columns, f->n_columns);
        f->is_blank[column] = true;
    }
    return KR_OK;
}

/* The places in the rows of a setting's columns. */
static kr_status find_columns(const choosing *o, const naming *of, const kr__name_list *list,
                              int64_t target, int64_t *columns) {
    for (int64_t i = 0; i < list->n; i++) {
        columns[i] = find_column(o, list->names[i]);
        if (columns[i] < 0) return refuse_column(o, of, list->names[i]);
        if (columns[i] != target) continue;
        return kr_fail(o->err, KR_USAGE,
                       "`%s`: \"%.60s\" is the target, which is forecast; leave one "
                       "of them out",
                       of->flag, list->names[i]);
    }
    return KR_OK;
}

/* Known columns first, the target last. */
static kr_status order_columns(choosing *o, int64_t target, int64_t *static_of) {
    static const naming known = {"known_future", "to be known ahead", "some"};
    static const naming constant = {"static_columns", "to be static", "some"};
    const kr_rows *r = o->rows;
    kr_features *f = o->features;
    bool is_single = strcmp(o->settings->features, "S") == 0;
    KR_TRY(find_columns(o, &constant, &o->constant, target, static_of));
    KR_TRY(find_columns(o, &known, &o->known, target, o->column_of));
    f->n_static = o->constant.n;
    f->n_future = f->n_columns = o->known.n;
    for (int64_t i = 0; i < r->n_columns && !is_single; i++) {
        const char *name = r->columns[i];
        if (i == target || is_in(&o->dropped, name) || is_in(&o->known, name) ||
            is_in(&o->constant, name)) {
            continue;
        }
        o->column_of[f->n_columns++] = i;
    }
    if (target >= 0) o->column_of[f->n_columns++] = target;
    f->n_outputs = strcmp(o->settings->features, "MS") == 0 ? 1 : f->n_columns - f->n_future;
    memcpy(o->column_of + f->n_columns, static_of, (size_t)f->n_static * sizeof *static_of);
    if (f->n_columns > f->n_future) return KR_OK;
    return kr_fail(o->err, KR_USAGE,
                   "%s: no column is left to be forecast; name fewer in "
                   "`known_future`, `static_columns` and `drop_columns`",
                   o->rows->name);
}

static kr_status copy_names(const choosing *o) {
    kr_features *f = o->features;
    int64_t n = f->n_columns + f->n_static;
    f->columns = kr__arena_alloc(&f->arena, (size_t)n, sizeof *f->columns);
    if (!f->columns) return out_of_memory(o);
    for (int64_t i = 0; i < n; i++) {
        f->columns[i] = kr__arena_strdup(&f->arena, o->rows->columns[o->column_of[i]]);
        if (!f->columns[i]) return out_of_memory(o);
    }
    return KR_OK;
}

static kr_status allocate(choosing *o, int64_t **static_of) {
    const kr__feature_settings *s = o->settings;
    kr_features *f = o->features;
    kr_arena *arena = &f->arena;
    if (!kr__name_list_read(s->drop_columns, arena, &o->dropped) ||
        !kr__name_list_read(s->known_future, arena, &o->known) ||
        !kr__name_list_read(s->static_columns, arena, &o->constant)) {
        return out_of_memory(o);
    }
    /* A column that is named several times takes a place each time. */
    size_t n = (size_t)(o->rows->n_columns + o->known.n + o->constant.n) + 1;
    size_t n_static = (size_t)o->constant.n + 1;
    o->column_of = kr__arena_alloc(arena, n, sizeof *o->column_of);
    *static_of = kr__arena_alloc(arena, n_static, sizeof **static_of);
    f->static_mean = kr__arena_alloc(arena, n_static, sizeof *f->static_mean);
    f->static_deviation = kr__arena_alloc(arena, n_static, sizeof *f->static_deviation);
    bool is_good = o->column_of && *static_of && f->static_mean && f->static_deviation;
    return is_good ? KR_OK : out_of_memory(o);
}

static kr_status choose(choosing *o) {
    const kr__feature_settings *s = o->settings;
    kr_features *f = o->features;
    int64_t target = -1, *static_of = NULL;
    KR_TRY(allocate(o, &static_of));
    KR_TRY(check_dropped(o));
    KR_TRY(find_target(o, &target));
    KR_TRY(order_columns(o, target, static_of));
    KR_TRY(copy_names(o));
    f->seq_len = s->seq_len;
    f->pred_len = s->pred_len;
    f->dates = s->dates;
    f->dates.freq = kr__arena_strdup(&f->arena, s->dates.freq);
    if (!f->dates.freq) return out_of_memory(o);
    f->has_dates = o->rows->dates != NULL;
    f->n_masks = s->has_masks ? f->n_columns : 0;
    return choose_blank(o);
}

kr_status kr__features_choose(const kr__feature_settings *settings, const kr_rows *rows,
                              kr_features **out, int64_t **column_of, kr_error *err) {
    choosing o = {.settings = settings, .rows = rows, .err = err};
    o.features = kr__calloc(1, sizeof *o.features);
    if (!o.features) return out_of_memory(&o);
    kr_status status = choose(&o);
    if (status != KR_OK) {
        kr__features_destroy(o.features);
        return status;
    }
    *out = o.features;
    *column_of = o.column_of;
    return KR_OK;
}

/* ---- finding them again ----------------------------------------------------------------- */

enum { LIST_SIZE = 400, MOST_NAMED = 6 };

static void append(char text[LIST_SIZE], const char *more) {
    size_t n = strlen(text);
    snprintf(text + n, LIST_SIZE - n, "%s", more);
}

/* `, "HUFL" (did you mean HUFl?)` */
static void append_missing(const kr_rows *r, const char *column, char text[LIST_SIZE]) {
    char item[160];
    kr_guess guess = {.word = column};
    for (int64_t i = 0; i < r->n_unread; i++) {
        kr__guess_offer(&guess, r->unread[i], strlen(r->unread[i]));
    }
    for (int64_t i = 0; i < r->n_columns; i++) {
        kr__guess_offer(&guess, r->columns[i], strlen(r->columns[i]));
    }
    snprintf(item, sizeof item, "%s\"%.40s\"", *text ? ", " : "", column);
    append(text, item);
    if (!guess.best) return;
    snprintf(item, sizeof item, " (did you mean %.*s?)",
             (int)(guess.n_best < 40 ? guess.n_best : 40), guess.best);
    append(text, item);
}

kr_status kr__features_find(const kr_features *f, const kr_rows *rows, int64_t *column_of,
                            kr_error *err) {
    char text[LIST_SIZE] = "";
    int64_t n = f->n_columns + f->n_static, n_missing = 0;
    for (int64_t c = 0; c < n; c++) {
        column_of[c] = kr_rows_find(rows, f->columns[c]);
        if (column_of[c] >= 0 || n_missing++ >= MOST_NAMED) continue;
        append_missing(rows, f->columns[c], text);
    }
    if (n_missing == 0) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%s: lacks %" PRId64 " of the %" PRId64
                   " columns that the model was trained on: %s%s; the model needs all of them",
                   rows->name, n_missing, n, text, n_missing > MOST_NAMED ? ", .." : "");
}
