/* SPDX-License-Identifier: MIT
 * csv_rows.c - all rows of a table, by a plan that is made: read one by one (csv_row.c), out of
 * memory, or, of a long file, block by block (row_blocks.h); then brought into order. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "tables/csv_reader.h"
#include "tables/csv_strips.h"
#include "tables/row_order.h"
#include "tables/value_gaps.h"

/* Take the names out of the set, which may be freed afterwards. */
static kr_status keep_ids(kr__csv_reader *r) {
    kr_table *t = r->table;
    t->n_ids = r->ids.n;
    t->id_names = kr__arena_alloc(&t->arena, (size_t)t->n_ids + 1, sizeof *t->id_names);
    if (!t->id_names) return kr__csv_out_of_memory(r);
    for (int64_t i = 0; i < t->n_ids; i++) t->id_names[i] = r->ids.names[i];
    return KR_OK;
}

/* ---- all rows --------------------------------------------------------------------------- */

/* An upper bound of the rows of the text: a row has a newline and at least a byte for each field;
 * only the last row may lack its newline. Lines without a byte are no rows. */
static size_t bound_rows(const kr__csv_reader *r) {
    size_t n_lines = 1, n_bytes = (size_t)(r->scan.end - r->scan.at);
    for (const char *p = r->scan.at; (p = memchr(p, '\n', (size_t)(r->scan.end - p))) != NULL;
         p++) {
        const char *before = p > r->scan.at && p[-1] == '\r' ? p - 1 : p;
        n_lines += before > r->scan.at && before[-1] != '\n';
    }
    size_t by_fields = (n_bytes + 1) / (size_t)r->plan.n_fields;
    return n_lines < by_fields ? n_lines : by_fields;
}

static kr_status make_room(kr__csv_reader *r, size_t n_rows) {
    kr_table *t = r->table;
    size_t n_values, width = (size_t)(t->n_columns > 0 ? t->n_columns : 1);
    bool has_dates = r->plan.date_field >= 0, has_ids = r->plan.id_field >= 0;
    if (!kr__size_mul(n_rows, width, &n_values)) return kr__csv_out_of_memory(r);
    t->values = kr__calloc(n_values, sizeof *t->values);
    if (has_dates) t->timestamps = kr__calloc(n_rows, sizeof *t->timestamps);
    if (has_ids) t->ids = kr__calloc(n_rows, sizeof *t->ids);
    bool has_room = t->values && (t->timestamps || !has_dates) && (t->ids || !has_ids);
    return has_room ? KR_OK : kr__csv_out_of_memory(r);
}

static kr_status refuse_gaps(const kr__csv_reader *r) {
    char column[KR__CSV_COLUMN];
    return kr_fail(r->err, KR_FORMAT,
                   "%s:%" PRId64 ": %s: is a gap (empty or NaN), the first of %" PRId64
                   " in the file; fill them in first (krait run, fit and predict: `gaps` linear)",
                   r->scan.name, r->gap_line,
                   kr__csv_describe_column(&r->plan, r->gap_column, column), r->n_gaps);
}

/* Gaps that are seen from all rows. */
static kr_status find_value_gaps(kr__csv_reader *r) {
    char column[KR__CSV_COLUMN];
    kr__value_gaps gaps;
    bool are_wished = r->options->columns && !r->options->leaves_out;
    if (r->options->is_plain) return KR_OK;
    KR_TRY(kr__value_gaps_find(r->options->given.missing, &r->plan, r->table, &gaps));
    if (gaps.n > 0 && !r->options->keeps_gaps) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: row %" PRId64 ": %s: %.10g stands for a gap, of %" PRId64
                       " in the file; fill them in first (krait run, fit and predict: `gaps` "
                       "linear), or keep the number with `missing` no",
                       r->scan.name, gaps.row + 1,
                       kr__csv_describe_column(&r->plan, gaps.field, column),
                       r->plan.reading.columns[gaps.field].stand_in, gaps.n);
    }
    if (r->n_gaps + gaps.n == 0) return KR_OK;
    return kr__value_gaps_drop(&r->plan, are_wished, r->table);
}

static void forget_rows(kr__csv_reader *r) {
    kr_table *t = r->table;
    kr_free(t->values);
    kr_free(t->timestamps);
    t->values = NULL;
    t->timestamps = NULL;
    t->n_rows = r->n_gaps = 0;
    r->plan.reading.n_headers = r->plan.reading.n_marks = 0;
}

/* The next rows of a file that is read in blocks, of which plain ones are read at once; the scan is
 * at its end if there are no others. */
static kr_status refill(kr__csv_reader *r, int64_t room) {
    while (r->blocks && r->scan.at == r->scan.end && !kr__row_blocks_are_done(r->blocks)) {
        bool are_read;
        KR_TRY(kr__csv_read_strips(r, room, &are_read));
        if (are_read) continue;
        KR_TRY(kr__row_blocks_next(r->blocks, &r->scan));
        kr__encoding encoding = r->blocks->text.encoding;
        if (encoding != KR__UTF8) r->plan.reading.encoding = encoding;
        kr__csv_skip_blank_lines(&r->scan);
    }
    return KR_OK;
}

/* Before all rows, from the text that made the plan. room: for so many rows. */
static kr_status prepare(kr__csv_reader *r, int64_t *room) {
    int64_t n_wanted = r->last.n_rows;
    *room = (int64_t)bound_rows(r) + 1 + (r->blocks ? r->cut->n_rows : 0);
    if (n_wanted > 0 && n_wanted < *room) *room = n_wanted;
    KR_TRY(make_room(r, (size_t)*room));
    if (r->blocks) {
        r->scan = r->plan.scan; /* whose line is that of the first block */
        r->scan.at = r->scan.end;
    }
    return refill(r, *room);
}

/* From the scan on; all, or as many as are wanted. */
static kr_status read_rows_here(kr__csv_reader *r) {
    kr_table *t = r->table;
    int64_t room;
    KR_TRY(prepare(r, &room));
    while (r->scan.at < r->scan.end && (r->last.n_rows == 0 || t->n_rows < r->last.n_rows)) {
        const kr__csv_scan start = r->scan;
        int64_t n_gaps = r->n_gaps;
        if (t->n_rows == room) {
            return kr_fail(r->err, KR_IO, "%s: was written to while it was read; read it again",
                           r->scan.name);
        }
        kr_status status = kr__csv_read_row(r);
        if (status != KR_OK) {
            bool has_rows = t->n_rows > 0 || r->has_more;
            if (status != KR_FORMAT || !has_rows) return status;
            if (!kr__csv_skip_header(r, start) && !kr__csv_leave_out_totals(r, start)) {
                return status;
            }
            r->n_gaps = n_gaps;
            r->parts = (kr__date_parts_row){.month = 0};
        }
        kr__csv_skip_blank_lines(&r->scan);
        KR_TRY(refill(r, room));
    }
    return KR_OK;
}

/* Empty lines may follow totals, which only whoever reads all rows sees. */
static kr_status check_last_row(const kr__csv_reader *r) {
    const kr_table *t = r->table;
    const double *last = t->values + (t->n_rows - 1) * t->n_columns;
    bool is_empty = t->n_rows > 0 && t->n_columns > 0 && r->plan.date_field < 0;
    for (int64_t c = 0; is_empty && c < t->n_columns; c++) is_empty = isnan(last[c]);
    if (!is_empty) return KR_OK;
    return kr_fail(
        r->err, KR_FORMAT,
        "%s: its last row has no values, and whether it is one or stands behind totals is "
        "not known before all are read; leave `last` out",
        r->scan.name);
}

/* Totals at the end are no rows: as many more are read in front. */
static kr_status read_last_rows(kr__csv_reader *r) {
    int64_t n = r->options->given.last, n_more = 0;
    bool has_order = r->options->order != KR__ORDER_NONE;
    for (;;) {
        KR_TRY(kr__csv_find_last(&r->plan, r->cut, has_order, n, n_more, &r->last));
        r->scan = r->last.from;
        r->has_more =
            !r->last.is_newest_first && r->last.n_all > n + n_more && n_more < KR__MORE_ROWS;
        KR_TRY(read_rows_here(r));
        int64_t n_missing = n - r->table->n_rows;
        if (n_missing == 0 || !r->has_more) {
            return r->last.n_all > n + n_more ? check_last_row(r) : KR_OK;
        }
        n_more += n_missing < KR__MORE_ROWS - n_more ? n_missing : KR__MORE_ROWS - n_more;
        forget_rows(r);
    }
}

static kr_status read_rows(kr__csv_reader *r) {
    kr__csv_skip_blank_lines(&r->scan);
    if (r->scan.at == r->scan.end) {
        return kr_fail(r->err, KR_FORMAT, "%s: has a header but no rows", r->scan.name);
    }
    bool are_last = r->options->given.last > 0 && r->plan.id_field < 0;
    KR_TRY(are_last ? read_last_rows(r) : read_rows_here(r));
    KR_TRY(find_value_gaps(r));
    return r->n_gaps == 0 || r->options->keeps_gaps ? KR_OK : refuse_gaps(r);
}

/* An offset may lead out of the years 1 .. 9999. */
static kr_status check_calendar(const kr__csv_reader *r) {
    char zone[KR__ZONE_TEXT];
    for (int64_t i = 0; i < r->table->n_rows; i++) {
        if (kr__datetime_is_in_calendar(r->table->timestamps[i])) continue;
        return kr_fail(r->err, KR_FORMAT,
                       "%s: row %" PRId64 " is outside the years 1 to 9999 on the clock of %s",
                       r->scan.name, i + 1, kr__zone_text(r->plan.reading.offset, zone));
    }
    return KR_OK;
}

/* Instants become clock time: of the offset that was given, or else of the last row's, which is the
 * first of the file where the newest come first. */
static kr_status settle_zone(kr__csv_reader *r) {
    kr_table *t = r->table;
    kr__reading *reading = &r->plan.reading;
    const char *given = r->options->given.timezone;
    bool is_falling = t->timestamps && t->timestamps[t->n_rows - 1] < t->timestamps[0];
    if (is_falling) reading->offset = r->first_offset;
    bool is_instant = reading->has_zone || (reading->date_format.kind >= KR__DATE_EPOCH_S &&
                                            reading->date_format.kind <= KR__DATE_EPOCH_NS);
    if (!t->timestamps) return KR_OK;
    if (given && *given) {
        if (!kr__zone_parse(given, &reading->offset)) {
            return kr_fail(r->err, KR_USAGE,
                           "`timezone` %.40s: use UTC or an offset from it, such as +01:00", given);
        }
        reading->has_zone = true;
    }
    for (int64_t i = 0; is_instant && reading->offset && i < t->n_rows; i++) {
        t->timestamps[i] += reading->offset * KR__MINUTE;
    }
    if (!reading->has_zone) return KR_OK;
    KR_TRY(check_calendar(r));
    t->zone = kr__arena_alloc(&t->arena, KR__ZONE_TEXT, 1);
    if (!t->zone) return kr__csv_out_of_memory(r);
    kr__zone_text(reading->offset, t->zone);
    return KR_OK;
}

/* ---- order ------------------------------------------------------------------------------ */

static kr_status order_rows(kr__csv_reader *r) {
    kr_table *t = r->table;
    const char *repeats = r->options->given.repeats;
    bool settles = repeats && *repeats && strcmp(repeats, "refuse") != 0;
    if (settles && !t->timestamps) {
        return kr_fail(r->err, KR_USAGE,
                       "%s: has no dates, so that no rows are of one date; leave `repeats` %s out, "
                       "or name the dates with `date_column`",
                       r->scan.name, repeats);
    }
    if (r->options->order == KR__ORDER_NONE || !t->timestamps) return KR_OK;
    kr__ordering rows = {.name = r->scan.name,
                         .n_rows = t->n_rows,
                         .n_columns = t->n_columns,
                         .values = t->values,
                         .dates = t->timestamps,
                         .ids = t->ids,
                         .id_names = t->id_names,
                         .sort = r->options->given.sort,
                         .repeats = r->options->given.repeats,
                         .keeps_repeats = r->options->order == KR__ORDER_LOOSE};
    KR_TRY(kr__row_order(&rows, &r->plan.reading, r->err));
    t->n_rows = rows.n_rows;
    return KR_OK;
}

/* ---- the last rows ---------------------------------------------------------------------- */

/* The rows of a series in order of time; the first go where there are more than n of it. */
static kr_status keep_last_of_each(kr__csv_reader *r) {
    kr_table *t = r->table;
    int64_t n = r->options->given.last, n_kept = 0,
            *left = kr__calloc((size_t)t->n_ids, sizeof *left);
    if (!left) return kr__csv_out_of_memory(r);
    for (int64_t i = 0; i < t->n_rows; i++) left[t->ids[i]]++;
    for (int64_t i = 0; i < t->n_rows; i++) {
        if (left[t->ids[i]]-- > n) continue;
        memmove(t->values + n_kept * t->n_columns, t->values + i * t->n_columns,
                (size_t)t->n_columns * sizeof *t->values);
        if (t->timestamps) t->timestamps[n_kept] = t->timestamps[i];
        t->ids[n_kept++] = t->ids[i];
    }
    kr_free(left);
    r->last = (kr__csv_last){.n_rows = n_kept, .n_all = t->n_rows};
    t->n_rows = n_kept;
    return KR_OK;
}

/* The end of the file is the end of time only where rows are in order. */
static kr_status settle_last(kr__csv_reader *r) {
    kr__order *order = &r->plan.reading.order;
    if (r->options->given.last == 0) return KR_OK;
    if (r->plan.id_field >= 0) {
        KR_TRY(keep_last_of_each(r));
    } else if (r->last.is_unordered || order->n_back > 0 || order->n_settled > 0) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: %s, so that its last rows are not known before all are read; leave "
                       "`last` out, or sort the file",
                       r->scan.name,
                       order->n_settled > 0 ? "has several rows of one date"
                                            : "has rows that are older than those before them");
    }
    if (r->last.n_all <= r->table->n_rows) return KR_OK;
    order->n_last = r->table->n_rows;
    order->n_all = r->last.n_all;
    return KR_OK;
}

/* ---- all together ------------------------------------------------------------------------ */

kr_status kr__csv_read_rows(kr__csv_reader *r) {
    kr__row_blocks blocks = {.name = NULL};
    kr_status status = KR_OK;
    if (r->is_part) {
        r->blocks = &blocks;
        status = kr__row_blocks_open(r->scan.name, r->plan.scan.line, r->strips, &blocks, r->err);
    }
    if (status == KR_OK) status = read_rows(r);
    kr__row_blocks_close(&blocks);
    KR_TRY(status);
    KR_TRY(keep_ids(r));
    KR_TRY(settle_zone(r));
    KR_TRY(order_rows(r));
    return settle_last(r);
}
