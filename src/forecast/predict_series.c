/* SPDX-License-Identifier: MIT
 * predict_series.c - the rows of several series, one history each. */

#include "core/arena.h"
#include "core/platform.h"
#include "core/sized_struct.h"
#include "forecast/predict_internal.h"
#include "tables/rows_internal.h"

/* Callers see the first member. */
typedef struct whole {
    kr_history_panel known;
    kr_arena arena;
} whole;

kr_status kr__history_read_rows(const kr_forecaster *p, const char *path,
                                const kr_history_options *o, kr_rows **out, kr_error *err) {
    const char *id = o->id_column ? o->id_column : p->settings.id_column;
    kr_rows_options how = kr__history_reading(p, o);
    how.id_column = *id && !kr__is_folder(path) ? id : NULL;
    return kr_rows_read(path, &how, out, err);
}

static kr_status make_all(const kr_forecaster *p, const kr_rows *rows, const kr_history_options *o,
                          whole *w, kr_error *err) {
    kr_history_options own = *o;
    own.series = NULL; /* the rows name them */
    w->known.series = kr__arena_alloc(&w->arena, (size_t)rows->n_series, sizeof(kr_history *));
    if (!w->known.series) {
        return kr_fail(err, KR_MEMORY, "%s: no memory for its series", rows->name);
    }
    for (; w->known.n < rows->n_series; w->known.n++) {
        KR_TRY(kr_history_of_rows(p, rows, w->known.n, &own, &w->known.series[w->known.n], err));
    }
    return KR_OK;
}

static kr_status of_rows(const kr_forecaster *forecaster, const kr_rows *rows,
                         const kr_history_options *o, kr_history_panel **out, kr_error *err) {
    KR_TRY(kr__rows_refuse_none(rows, err));
    whole *w = kr__calloc(1, sizeof *w);
    if (!w) return kr_fail(err, KR_MEMORY, "%s: no memory for its series", rows->name);
    kr_status status = make_all(forecaster, rows, o, w, err);
    if (status != KR_OK) {
        kr_history_panel_destroy(&w->known);
        return status;
    }
    *out = &w->known;
    return KR_OK;
}

kr_status kr_history_panel_of_rows(const kr_forecaster *forecaster, const kr_rows *rows,
                                   const kr_history_options *options, kr_history_panel **out,
                                   kr_error *err) {
    kr_history_options own;
    KR_TRY(kr__sized_take("kr_history_options", options, &own, sizeof own, err));
    own.size = sizeof own;
    return of_rows(forecaster, rows, &own, out, err);
}

kr_status kr_history_read_panel(const kr_forecaster *forecaster, const char *path,
                                const kr_history_options *options, kr_history_panel **out,
                                kr_error *err) {
    kr_history_options own;
    kr_rows *rows = NULL;
    KR_TRY(kr__sized_take("kr_history_options", options, &own, sizeof own, err));
    own.size = sizeof own;
    KR_TRY(kr__history_read_rows(forecaster, path, &own, &rows, err));
    kr_status status = of_rows(forecaster, rows, &own, out, err);
    kr_rows_destroy(rows);
    return status;
}

void kr_history_panel_destroy(kr_history_panel *panel) {
    if (!panel) return;
    whole *w = (whole *)panel;
    for (int64_t i = 0; i < panel->n; i++) kr_history_destroy(panel->series[i]);
    kr__arena_deinit(&w->arena);
    kr_free(w);
}
