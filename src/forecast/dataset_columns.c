/* SPDX-License-Identifier: MIT
 * dataset_columns.c - which columns of a table become channels, in which order. */
#include <kr/text.h>
#include <stdio.h>
#include <string.h>

#include "forecast/opening.h"

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

static kr_status refuse_name(const kr__opening *o, const naming *of, const char *name,
                             char *const *names, int64_t n) {
    char list[320];
    list_names(names, n, list, sizeof list);
    kr_guess guess = {.word = name};
    for (int64_t i = 0; i < n; i++) kr_guess_offer(&guess, names[i], strlen(names[i]));
    return kr_fail(o->err, KR_USAGE,
                   "%s: has no column \"%.60s\" %s%s%.*s%s; set `%s` to %s of: %s", o->config->path,
                   name, of->wish, guess.best ? " (did you mean " : "", (int)guess.n_best,
                   guess.best ? guess.best : "", guess.best ? "?)" : "", of->flag, of->some, list);
}

static int64_t find_name(char *const *names, int64_t n, const char *name) {
    const kr__name_list one = {&name, 1};
    for (int64_t i = 0; i < n; i++) {
        if (kr__name_list_find(&one, names[i]) == 0) return i;
    }
    return -1;
}

/* ---- columns ---------------------------------------------------------------------------- */

/* Every column to drop was in the file: stepped over by its reader, or still in the table. */
static kr_status check_dropped(const kr__opening *o) {
    static const naming of = {"drop_columns", "to leave out", "some"};
    const kr_table *t = o->panel.header;
    for (int64_t i = 0; i < o->dropped.n; i++) {
        const char *name = o->dropped.names[i];
        if (find_name(t->unread, t->n_unread, name) >= 0 || kr_table_find(t, name) >= 0) continue;
        return refuse_name(o, &of, name, t->names, t->n_columns);
    }
    return KR_OK;
}

/* -1: stays where it is, or there is none. */
static kr_status find_target(const kr__opening *o, int64_t *target) {
    static const naming of = {"target", "to be the target", "one"};
    const kr_dataset_config *c = o->config;
    const kr_table *t = o->panel.header;
    bool is_for_all = strcmp(c->features, "M") == 0;
    *target = -1;
    if (is_for_all && (!o->loader->is_free || !*c->target)) return KR_OK;
    *target = kr_table_find(t, c->target);
    if (*target >= 0) return KR_OK;
    return refuse_name(o, &of, c->target, t->names, t->n_columns);
}

static kr_status choose_blank(kr__opening *o) {
    static const naming of = {"blank_columns", "to be blank", "some"};
    kr_dataset *d = &o->storage->dataset;
    kr__name_list list;
    if (!kr__name_list_read(o->config->blank_columns, &o->storage->arena, &list)) {
        return kr__opening_no_memory(o);
    }
    d->blank = kr_arena_alloc(&o->storage->arena, (size_t)list.n + 1, sizeof *d->blank);
    if (!d->blank) return kr__opening_no_memory(o);
    for (int64_t i = 0; i < list.n; i++) {
        int64_t channel = find_name(d->names, d->n_channels, list.names[i]);
        if (channel < 0) return refuse_name(o, &of, list.names[i], d->names, d->n_channels);
        d->blank[d->n_blank++] = channel;
    }
    return KR_OK;
}

/* Where the columns of a setting stand in the tables. */
static kr_status find_columns(const kr__opening *o, const naming *of, const kr__name_list *list,
                              int64_t target, int64_t **columns) {
    const kr_table *t = o->panel.header;
    *columns = kr_arena_alloc(&o->storage->arena, (size_t)list->n + 1, sizeof **columns);
    if (!*columns) return kr__opening_no_memory(o);
    for (int64_t i = 0; i < list->n; i++) {
        (*columns)[i] = kr_table_find(t, list->names[i]);
        if ((*columns)[i] < 0) return refuse_name(o, of, list->names[i], t->names, t->n_columns);
        if ((*columns)[i] != target) continue;
        return kr_fail(o->err, KR_USAGE,
                       "`%s`: \"%.60s\" is the target, which is forecast; leave one "
                       "of them out",
                       of->flag, list->names[i]);
    }
    return KR_OK;
}

static bool is_in(const kr__name_list *list, const char *name) {
    return kr__name_list_find(list, name) >= 0;
}

/* Known columns first, the target last. */
static kr_status order_columns(kr__opening *o, int64_t target) {
    static const naming known = {"known_future", "to be known ahead", "some"};
    static const naming constant = {"static_columns", "to be static", "some"};
    const kr_table *t = o->panel.header;
    kr_dataset *d = &o->storage->dataset;
    bool is_single = strcmp(o->config->features, "S") == 0;
    int64_t *columns = NULL;
    KR_TRY(find_columns(o, &constant, &o->constant, target, &o->static_of));
    KR_TRY(find_columns(o, &known, &o->known, target, &columns));
    for (int64_t i = 0; i < o->known.n; i++) o->column_of[d->n_channels++] = columns[i];
    d->n_future = d->n_channels;
    for (int64_t i = 0; i < t->n_columns && !is_single; i++) {
        const char *name = t->names[i];
        if (i == target || is_in(&o->dropped, name) || is_in(&o->known, name) ||
            is_in(&o->constant, name)) {
            continue;
        }
        o->column_of[d->n_channels++] = i;
    }
    if (target >= 0) o->column_of[d->n_channels++] = target;
    if (d->n_channels > d->n_future) return KR_OK;
    return kr_fail(o->err, KR_USAGE,
                   "%s: no column is left to be forecast; name fewer in "
                   "`known_future`, `static_columns` and `drop_columns`",
                   o->config->path);
}

kr_status kr__choose_channels(kr__opening *o) {
    const kr_table *table = o->panel.header;
    kr_dataset *d = &o->storage->dataset;
    int64_t target = -1;
    KR_TRY(check_dropped(o));
    KR_TRY(find_target(o, &target));
    size_t n = (size_t)table->n_columns;
    o->column_of = kr_arena_alloc(&o->storage->arena, n, sizeof *o->column_of);
    d->names = kr_arena_alloc(&o->storage->arena, n, sizeof *d->names);
    if (!o->column_of || !d->names) return kr__opening_no_memory(o);
    KR_TRY(order_columns(o, target));
    for (int64_t i = 0; i < d->n_channels; i++) {
        d->names[i] = kr_arena_strdup(&o->storage->arena, table->names[o->column_of[i]]);
        if (!d->names[i]) return kr__opening_no_memory(o);
    }
    return choose_blank(o);
}
