/* SPDX-License-Identifier: MIT
 * rows_share.c - rows that the first of some ranks has read, for all of them. */
#include "core/rank_parcel.h"
#include "tables/rows_internal.h"

static void make_parcel(kr__parcel *p, void *arg) {
    kr_rows *r = arg;
    kr__parcel_text(p, &r->name);
    kr__parcel_int(p, &r->n_rows);
    kr__parcel_int(p, &r->n_columns);
    kr__parcel_int(p, &r->n_series);
    double *values = (double *)(uintptr_t)r->values;
    int64_t *dates = (int64_t *)(uintptr_t)r->dates;
    uint8_t *is_filled = (uint8_t *)(uintptr_t)r->is_filled;
    kr__parcel_array(p, &values, r->n_rows * r->n_columns, sizeof *values, true);
    kr__parcel_array(p, &dates, r->n_rows, sizeof *dates, true);
    kr__parcel_array(p, &is_filled, r->n_rows * r->n_columns, 1, true);
    if (!p->packs) {
        r->values = r->own_values = values;
        r->dates = r->own_dates = dates;
        r->is_filled = r->own_is_filled = is_filled;
    }
    kr__parcel_texts(p, &r->columns, r->n_columns);
    kr__parcel_text(p, &r->date_name);
    kr__parcel_text(p, &r->zone);
    kr__parcel_text(p, &r->reading);
    kr__parcel_texts(p, &r->series, r->n_series);
    kr__parcel_array(p, &r->start, r->n_series + 1, sizeof *r->start, false);
    kr__parcel_array(p, &r->n_test, r->n_series, sizeof *r->n_test, false);
    kr__parcel_int(p, &r->n_unread);
    kr__parcel_texts(p, &r->unread, r->n_unread);
}

kr_status kr__rows_share(const kr_team *team, kr_rows **rows, kr_error *err) {
    if (!*rows) *rows = kr__calloc(1, sizeof **rows);
    if (!*rows) return kr_fail(err, KR_MEMORY, "out of memory for the rows");
    return kr__parcel_share(team, make_parcel, *rows, &(*rows)->arena, err);
}
