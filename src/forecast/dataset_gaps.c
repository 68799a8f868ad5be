/* SPDX-License-Identifier: MIT
 * dataset_gaps.c - the step of the dates of a data set, and its gaps. */
#include <inttypes.h>
#include <math.h>

#include "core/datetime.h"
#include "core/text.h"
#include "forecast/opening.h"
#include "tables/gaps.h"
#include "tables/step_names.h"

/* ---- the step --------------------------------------------------------------------------- */

/* The originals accept any dates; so does a data set whose gaps are not to be filled. */
static void note_missing_rows(const kr__opening *o, int64_t series) {
    const kr_rows *r = o->picked;
    const int64_t *dates = r->dates + r->start[series];
    int64_t n = r->start[series + 1] - r->start[series], row = 1;
    const kr_frequency *f = &o->storage->dataset.frequency;
    char date[KR_DATETIME_TEXT], step[KR__STEP_WORDS];
    int64_t due = kr_frequency_count(f, dates[0], dates[n - 1]) + 1;
    if (due <= n) return;
    while (row < n && dates[row] == kr_frequency_add(f, dates[0], row)) row++;
    kr_team_log(o->team, KR_LOG_INFO,
                "%s: %" PRId64
                " rows are missing in steps of %s, the first before %s; `gaps` linear "
                "fills them in",
                r->name, due - n, kr__step_words(f, dates, step),
                kr__datetime_text(dates[row < n ? row : n - 1], date));
}

/* Dates without a regular step are an error only when gaps are to be filled. */
static kr_status find_frequency(kr__opening *o, bool is_needed) {
    kr_dataset *d = &o->storage->dataset;
    kr_error why = {.text = ""};
    kr_status status = kr__rows_step(o->picked, &d->has_frequency, &d->frequency, &why);
    if (status == KR_MEMORY || (status != KR_OK && is_needed)) {
        return kr_fail(o->err, status, "%s", why.text);
    }
    if (d->has_frequency && !is_needed) note_missing_rows(o, kr__rows_longest(o->picked));
    return KR_OK;
}

/* ---- gaps ------------------------------------------------------------------------------- */

static void note_gaps(const kr__opening *o) {
    const kr_dataset *d = &o->storage->dataset;
    const kr_gaps_report *g = &d->gaps;
    char text[KR__GAPS_TEXT];
    if (g->n_rows + g->n_cells == 0) return;
    kr_team_log(o->team, KR_LOG_INFO,
                "%s: %" PRId64 " missing row%s and %" PRId64
                " empty cell%s filled (`gaps` %s), the longest "
                "gap %" PRId64 " row%s; as targets they are ignored",
                o->rows->name, g->n_rows, kr__plural(g->n_rows), g->n_cells, kr__plural(g->n_cells),
                o->config->gaps, g->longest, kr__plural(g->longest));
    if (d->has_frequency && kr__gaps_share(g, o->picked->n_rows, &d->frequency, text)) {
        kr_team_log(o->team, KR_LOG_NOTE, "%s: %s", o->rows->name, text);
    }
}

/* Rows behind the last known value of what is forecast belong to the future. */
static kr_status cut_ahead(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    const kr_features *f = o->storage->features;
    d->ahead = (kr__ahead){.most = 0};
    if (f->n_future == 0 || o->picked->n_test) return KR_OK;
    KR_TRY(kr__rows_cut_ahead(o->picked, f->n_columns - f->n_outputs, f->n_outputs,
                              d->has_frequency ? &d->frequency : NULL, &d->ahead, o->err));
    if (d->ahead.most == 0) return KR_OK;
    kr_team_log(o->team, KR_LOG_INFO,
                "%s: the last rows, up to %" PRId64
                " of a series, hold nothing that is forecast; they are the future and are left out",
                o->rows->name, d->ahead.most);
    return KR_OK;
}

static bool has_gaps(const kr_rows *r) {
    for (int64_t i = 0; i < r->n_rows * r->n_columns; i++) {
        if (isnan(r->values[i])) return true;
    }
    return false;
}

kr_status kr__fill_gaps(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    bool is_filled = kr__fills_gaps(o->config);
    d->gaps = (kr_gaps_report){.first_row = -1, .first_column = -1};
    KR_TRY(find_frequency(o, is_filled));
    KR_TRY(cut_ahead(o));
    if (is_filled) {
        const kr_frequency *frequency = d->has_frequency ? &d->frequency : NULL;
        KR_TRY(kr__rows_fill(o->picked, o->config->gaps, frequency, &d->gaps, o->err));
        note_gaps(o);
    } else if (has_gaps(o->picked)) { /* only rows from memory or read with keeps_gaps can have them
                                         here */
        KR_TRY(kr__rows_fill(o->picked, "refuse", NULL, &d->gaps, o->err));
    }
    return KR_OK;
}
