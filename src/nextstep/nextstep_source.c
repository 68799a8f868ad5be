/* SPDX-License-Identifier: MIT
 * nextstep_source.c - what a next-step model keeps of the table that it was trained on, so that the
 * next one is read in the same way. */
#include <stdio.h>
#include <string.h>

#include "nextstep/nextstep_internal.h"

static kr_status out_of_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "no memory for the names of the columns");
}

static char *join_names(const kr_series *s, kr_arena *arena) {
    size_t size = 1;
    for (int64_t i = 0; i < s->n_features; i++) size += strlen(s->names[i]) + 1;
    char *text = kr__arena_alloc(arena, size, 1), *to = text;
    for (int64_t i = 0; text && i < s->n_features; i++) {
        to += sprintf(to, "%s%s", i > 0 ? "\n" : "", s->names[i]);
    }
    return text;
}

kr_status kr__nextstep_keep_source(kr_nextstep *model, const kr_series *series, kr_error *err) {
    model->reading = model->columns = NULL;
    if (series->reading) {
        model->reading = kr__arena_strdup(&model->arena, series->reading);
        if (!model->reading) return out_of_memory(err);
    }
    if (!series->names || !series->has_header) return KR_OK;
    model->columns = join_names(series, &model->arena);
    return model->columns ? KR_OK : out_of_memory(err);
}

static void put_text(kr__tree *t, const char *key, const char *text) {
    if (!text) return;
    kr__tree_put_text(t, key);
    kr__tree_put_text(t, text);
}

void kr__nextstep_put_source(kr__tree *tree, const char *reading, const char *columns) {
    put_text(tree, KR__NEXTSTEP_READING, reading);
    put_text(tree, KR__NEXTSTEP_COLUMNS, columns);
}

/* ---- the next table --------------------------------------------------------------------- */

const char *kr_nextstep_reading(const kr_nextstep *model) { return model->reading; }

/* Behind the name at *at, which is left out of it; its size. */
static size_t take_name(const char **at) {
    size_t n = strcspn(*at, "\n");
    *at += n + ((*at)[n] == '\n');
    return n;
}

kr_status kr_nextstep_check_columns(const kr_nextstep *model, const kr_series *series,
                                    kr_error *err) {
    const char *next = model->columns;
    if (!next || !series->names || !series->has_header) return KR_OK;
    if (series->n_features != model->shape.n_features) {
        return kr_fail(
            err, KR_USAGE, "%s: has %lld columns of numbers, and the model was trained with %lld",
            series->path, (long long)series->n_features, (long long)model->shape.n_features);
    }
    for (int64_t i = 0; i < series->n_features; i++) {
        const char *name = next;
        size_t n = take_name(&next);
        bool is_same = strlen(series->names[i]) == n && memcmp(series->names[i], name, n) == 0;
        if (is_same) continue;
        return kr_fail(err, KR_USAGE,
                       "%s: column %lld of numbers is \"%.60s\", and the model was trained with "
                       "\"%.*s\" there; use a table with the same columns in the same order",
                       series->path, (long long)i + 1, series->names[i], (int)(n < 60 ? n : 60),
                       name);
    }
    return KR_OK;
}
