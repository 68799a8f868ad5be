/* SPDX-License-Identifier: MIT
 * dataset_gaps.c - the step of the dates of a data set, and its gaps. */
#include <inttypes.h>
#include <kr/datetime.h>
#include <stdio.h>
#include <string.h>

#include "forecast/opening.h"

/* "data.csv", or "data.csv, series "a"" in a panel. */
static const char *name_table(const kr__opening *o, int64_t i, char *text, size_t size) {
    snprintf(text, size, o->panel.names ? "%s, series \"%.60s\"" : "%s", o->config->path,
             o->panel.names ? o->panel.names[i] : "");
    return text;
}

/* The originals take dates as they come; so does a data set whose gaps are not to be filled. */
static void note_missing_rows(const kr__opening *o, int64_t table) {
    const kr_table *t = o->panel.tables[table];
    const kr_frequency *f = &o->storage->dataset.frequency;
    char date[KR_DATETIME_TEXT], step[KR_FREQUENCY_TEXT];
    int64_t due = kr_frequency_count(f, t->timestamps[0], t->timestamps[t->n_rows - 1]) + 1;
    if (due <= t->n_rows) return;
    int64_t row = 1;
    while (row < t->n_rows && t->timestamps[row] == kr_frequency_add(f, t->timestamps[0], row))
        row++;
    kr_team_log(o->team, KR_LOG_INFO,
                "%s: %" PRId64
                " rows are missing where rows are %s apart, the first before %s; `gaps` "
                "linear puts them in",
                o->config->path, due - t->n_rows, kr_frequency_text(f, step),
                kr_datetime_text(t->timestamps[row < t->n_rows ? row : t->n_rows - 1], date));
}

/* Of the first table that has two dates; all others must keep it. Dates on no grid are an error
 * only where gaps are to be filled. */
static kr_status find_frequency(kr__opening *o, bool is_needed) {
    kr_dataset *d = &o->storage->dataset;
    char name[1200];
    for (int64_t i = 0; i < o->panel.n && !d->has_frequency; i++) {
        const kr_table *t = o->panel.tables[i];
        if (!t->timestamps || t->n_rows < 2) continue;
        kr_error why = {.text = ""};
        kr_status status = kr_frequency_infer(name_table(o, i, name, sizeof name), t->n_rows,
                                              t->timestamps, &d->frequency, &why);
        d->has_frequency = status == KR_OK;
        if (status != KR_OK && is_needed) return kr_fail(o->err, status, "%s", why.text);
        if (d->has_frequency && !is_needed) note_missing_rows(o, i);
    }
    return KR_OK;
}

static void add_report(kr_gaps_report *all, const kr_gaps_report *one) {
    if (all->first_row < 0) {
        all->first_row = one->first_row;
        all->first_column = one->first_column;
    }
    all->n_rows += one->n_rows;
    all->n_cells += one->n_cells;
    if (one->longest > all->longest) all->longest = one->longest;
}

static void note_gaps(const kr__opening *o) {
    const kr_gaps_report *g = &o->storage->dataset.gaps;
    if (g->n_rows + g->n_cells == 0) return;
    kr_team_log(o->team, KR_LOG_INFO,
                "%s: %" PRId64 " missing row%s and %" PRId64
                " empty cell%s filled (`gaps` %s), the longest "
                "gap %" PRId64 " row%s; as targets they do not count",
                o->config->path, g->n_rows, g->n_rows == 1 ? "" : "s", g->n_cells,
                g->n_cells == 1 ? "" : "s", o->config->gaps, g->longest,
                g->longest == 1 ? "" : "s");
}

kr_status kr__fill_gaps(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    char name[1200];
    bool is_filled = kr__fills_gaps(o->config);
    d->gaps = (kr_gaps_report){.first_row = -1, .first_column = -1};
    KR_TRY(find_frequency(o, is_filled));
    if (!is_filled) return KR_OK;
    o->missing = kr_calloc((size_t)o->panel.n + 1, sizeof *o->missing);
    if (!o->missing) return kr__opening_no_memory(o);
    for (int64_t i = 0; i < o->panel.n; i++) {
        kr_gaps_report report;
        KR_TRY(kr_gaps_fill(name_table(o, i, name, sizeof name), o->config->gaps,
                            d->has_frequency ? &d->frequency : NULL, o->panel.tables[i],
                            &o->missing[i], &report, o->err));
        add_report(&d->gaps, &report);
    }
    note_gaps(o);
    return KR_OK;
}

void kr__free_gaps(kr__opening *o) {
    for (int64_t i = 0; o->missing && i < o->panel.n; i++) kr_free(o->missing[i]);
    kr_free(o->missing);
}
