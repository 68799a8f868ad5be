/* SPDX-License-Identifier: MIT
 * predict_series.c - the rows of several series, a history each. */
#include <kr/platform.h>
#include <stdio.h>
#include <string.h>

#include "forecast/predict_internal.h"
#include "tables/panel.h"

/* What is handed out is the first member; the panel holds the names that the histories point to. */
typedef struct whole {
    kr_history_panel known;
    kr__panel panel;
    kr_arena arena;
} whole;

typedef struct reading {
    const kr_predictor *predictor;
    const char *path;
    const kr_history_options *options;
    whole *to;
    kr_error *err;
} reading;

static kr_status read_panel(const reading *r) {
    const kr_predictor *p = r->predictor;
    const char *id = r->options->id_column ? r->options->id_column : p->config.id_column;
    const kr_csv_options csv = {.date_column = r->options->date_column,
                                .id_column = *id && !kr_is_folder(r->path) ? id : NULL,
                                .keeps_gaps = true,
                                .columns = (const char *const *)p->columns,
                                .n_columns = p->n_channels};
    if (kr_is_folder(r->path)) {
        return kr__panel_read_folder(r->path, &csv, &r->to->panel, r->err);
    }
    kr_table *table = NULL;
    KR_TRY(kr_csv_read(r->path, &csv, &table, r->err));
    return kr__panel_take(r->path, table, &r->to->panel, r->err);
}

/* A table of its own, whose names stay the panel's. */
static kr_status make_history(const reading *r, int64_t i) {
    kr__panel *panel = &r->to->panel;
    kr_history_options options = *r->options;
    kr_table *t = kr__panel_table(panel->header, panel->tables[i]->n_rows);
    if (!t) return kr_fail(r->err, KR_MEMORY, "%s: no memory for its series", r->path);
    const kr_table *from = panel->tables[i];
    memcpy(t->values, from->values,
           (size_t)from->n_rows * (size_t)from->n_columns * sizeof *t->values);
    if (t->timestamps) {
        memcpy(t->timestamps, from->timestamps, (size_t)from->n_rows * sizeof *t->timestamps);
    }
    options.series = panel->names ? panel->names[i] : NULL;
    char name[1200];
    snprintf(name, sizeof name, panel->names ? "%s, series \"%.60s\"" : "%s", r->path,
             panel->names ? panel->names[i] : "");
    return kr_history_make(r->predictor, name, &options, t, &r->to->known.series[i], r->err);
}

static kr_status read_all(const reading *r) {
    KR_TRY(read_panel(r));
    kr_history_panel *known = &r->to->known;
    known->series = kr_arena_alloc(&r->to->arena, (size_t)r->to->panel.n + 1, sizeof(kr_history *));
    if (!known->series) return kr_fail(r->err, KR_MEMORY, "%s: no memory for its series", r->path);
    for (; known->n < r->to->panel.n; known->n++) KR_TRY(make_history(r, known->n));
    return KR_OK;
}

kr_status kr_history_read_panel(const kr_predictor *predictor, const char *path,
                                const kr_history_options *options, kr_history_panel **out,
                                kr_error *err) {
    static const kr_history_options defaults = {0};
    whole *w = kr_calloc(1, sizeof *w);
    if (!w) return kr_fail(err, KR_MEMORY, "%s: no memory for its series", path);
    const reading r = {predictor, path, options ? options : &defaults, w, err};
    kr_status status = read_all(&r);
    if (status != KR_OK) {
        kr_history_panel_destroy(&w->known);
        return status;
    }
    *out = &w->known;
    return KR_OK;
}

void kr_history_panel_destroy(kr_history_panel *panel) {
    if (!panel) return;
    whole *w = (whole *)panel;
    for (int64_t i = 0; i < panel->n; i++) kr_history_destroy(panel->series[i]);
    kr__panel_deinit(&w->panel);
    kr_arena_deinit(&w->arena);
    kr_free(w);
}
