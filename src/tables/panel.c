/* SPDX-License-Identifier: MIT
 * panel.c - a table taken apart into its series. */
#include "tables/panel.h"

#include <inttypes.h>
#include <kr/datetime.h>
#include <string.h>

bool kr__panel_init(kr__panel *panel, int64_t n, bool has_names, bool has_test) {
    size_t count = (size_t)n + 1;
    panel->n = n;
    panel->tables = kr_arena_alloc(&panel->arena, count, sizeof *panel->tables);
    if (has_names) panel->names = kr_arena_alloc(&panel->arena, count, sizeof *panel->names);
    if (has_test) panel->n_test = kr_arena_alloc(&panel->arena, count, sizeof *panel->n_test);
    return panel->tables && (panel->names || !has_names) && (panel->n_test || !has_test);
}

void kr__panel_deinit(kr__panel *panel) {
    for (int64_t i = 0; panel->tables && i < panel->n; i++) {
        if (panel->tables[i] != panel->header) kr_table_destroy(panel->tables[i]);
    }
    kr_table_destroy(panel->header);
    kr_arena_deinit(&panel->arena);
    *panel = (kr__panel){0};
}

kr_table *kr__panel_table(const kr_table *header, int64_t n_rows) {
    kr_table *t = kr_calloc(1, sizeof *t);
    if (!t) return NULL;
    t->n_rows = n_rows;
    t->n_columns = header->n_columns;
    t->names = header->names;
    t->date_name = header->date_name;
    t->date_position = header->date_position;
    t->values = kr_calloc((size_t)n_rows, (size_t)t->n_columns * sizeof *t->values);
    if (t->date_name) t->timestamps = kr_calloc((size_t)n_rows, sizeof *t->timestamps);
    if (t->values && (t->timestamps || !t->date_name)) return t;
    kr_table_destroy(t);
    return NULL;
}

/* ---- long format ------------------------------------------------------------------------ */

typedef struct grouping {
    const char *name;
    kr_table *all;
    kr__panel *panel;
    kr_error *err;
} grouping;

static kr_status out_of_memory(const grouping *g) {
    return kr_fail(g->err, KR_MEMORY, "%s: no memory for its series", g->name);
}

/* A table of the right length for every id. */
static kr_status make_tables(const grouping *g) {
    const kr_table *all = g->all;
    int64_t *n_rows = kr_calloc((size_t)all->n_ids, sizeof *n_rows);
    bool is_good = n_rows && kr__panel_init(g->panel, all->n_ids, true, false);
    for (int64_t row = 0; is_good && row < all->n_rows; row++) n_rows[all->ids[row]]++;
    for (int64_t i = 0; is_good && i < all->n_ids; i++) {
        g->panel->names[i] = all->id_names[i];
        g->panel->tables[i] = kr__panel_table(all, n_rows[i]);
        is_good = g->panel->tables[i] != NULL;
    }
    kr_free(n_rows);
    return is_good ? KR_OK : out_of_memory(g);
}

static kr_status check_date(const grouping *g, int64_t row, const kr_table *t, int64_t at) {
    char text[KR_DATETIME_TEXT];
    if (!t->timestamps || at == 0 || t->timestamps[at] > t->timestamps[at - 1]) return KR_OK;
    return kr_fail(g->err, KR_FORMAT,
                   "%s: row %" PRId64
                   ", %s: the dates of series \"%.60s\" go back or repeat here; "
                   "sort its rows by date, one a date",
                   g->name, row + 1, kr_datetime_text(t->timestamps[at], text),
                   g->all->id_names[g->all->ids[row]]);
}

/* In the order of the file. */
static kr_status deal_rows(const grouping *g) {
    const kr_table *all = g->all;
    int64_t *n_dealt = kr_calloc((size_t)all->n_ids, sizeof *n_dealt), width = all->n_columns;
    if (!n_dealt) return out_of_memory(g);
    kr_status status = KR_OK;
    for (int64_t row = 0; status == KR_OK && row < all->n_rows; row++) {
        kr_table *t = g->panel->tables[all->ids[row]];
        int64_t at = n_dealt[all->ids[row]]++;
        memcpy(t->values + at * width, all->values + row * width, (size_t)width * sizeof(double));
        if (t->timestamps) t->timestamps[at] = all->timestamps[row];
        status = check_date(g, row, t, at);
    }
    kr_free(n_dealt);
    return status;
}

kr_status kr__panel_take(const char *name, kr_table *table, kr__panel *panel, kr_error *err) {
    const grouping g = {name, table, panel, err};
    panel->header = table;
    if (!table->ids) {
        if (!kr__panel_init(panel, 1, false, false)) return out_of_memory(&g);
        panel->tables[0] = table;
        return KR_OK;
    }
    KR_TRY(make_tables(&g));
    KR_TRY(deal_rows(&g));
    kr_free(table->values);
    kr_free(table->timestamps);
    kr_free(table->ids);
    table->values = NULL;
    table->timestamps = table->ids = NULL;
    return KR_OK;
}
