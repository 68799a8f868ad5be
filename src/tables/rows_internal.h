/* SPDX-License-Identifier: MIT
 * rows_internal.h - what rows are made of, for the code that makes them, picks columns and fills
 * gaps. */
#ifndef KR_ROWS_INTERNAL_H
#define KR_ROWS_INTERNAL_H

#include <kr/rows.h>

#include "core/arena.h"
#include "core/shard.h"
#include "tables/gaps.h"

/* What a shard knows of the table that it is a part of. Many series are shared out; of a single
 * one, its columns. */
typedef struct kr__whole {
    kr__shard shard;
    bool by_columns;
    int64_t n;            /* series, or columns that are shared out */
    int64_t *places;      /* (series or columns of the part) in the whole; -1: in every part */
    uint64_t fingerprint; /* of all its names, dates and values */
    /* The step of its dates, or why there is none. */
    kr_status step_status;
    bool has_step;
    kr_frequency step;
    char *why;
} kr__whole;

struct kr_rows {
    char *name;
    int64_t n_rows, n_columns, n_series;
    const double *values;     /* (n_rows, n_columns) */
    const int64_t *dates;     /* (n_rows); NULL: no dates */
    const uint8_t *is_filled; /* (n_rows, n_columns) 1 where a gap was filled; NULL: nowhere */
    char **columns;           /* n_columns */
    char *date_name;          /* NULL: no dates, or rows from memory */
    char *zone;               /* of the dates, "+01:00"; NULL: none */
    char *reading;            /* kr__reading_text(); NULL: not read from text */
    char **series;            /* n_series; NULL: a single series, which has no name */
    int64_t *start;           /* n_series + 1 */
    int64_t *n_test; /* n_series: how many of its last rows are for tests; NULL: not known */
    char **unread;   /* n_unread */
    int64_t n_unread;
    kr__whole *whole; /* NULL: the rows are all there are */
    /* The memory behind the pointers above if the rows own it. */
    double *own_values;
    int64_t *own_dates;
    uint8_t *own_is_filled;
    kr_arena arena; /* names and lists */
};

/* Rows without values and dates yet, whose lists of names and starts are still zero. */
kr_rows *kr__rows_start(const char *name, int64_t n_columns, int64_t n_series, bool has_series);
/* Make room for n_rows rows, values and, if wanted, dates; false: out of memory. */
bool kr__rows_make_room(kr_rows *rows, int64_t n_rows, bool has_dates);

/* Dates of a series rise, in the years 1 .. 9999; KR_FORMAT names the first that does not. */
kr_status kr__rows_check_dates(const kr_rows *rows, kr_error *err);

/* Takes over the table, also on failure: a single series or, if rows have ids, one series per id,
 * whose dates must rise. */
kr_status kr__rows_take(const char *name, kr_table *table, kr_rows **out, kr_error *err);

/* The options that say how text is written. */
kr__given kr__rows_given(const kr_rows_options *options);
/* For what is no text: KR_USAGE if one of these options, or date_column, was given. */
kr_status kr__rows_refuse_reading(const char *path, const char *what,
                                  const kr_rows_options *options, kr_error *err);

/* A copy of the rows of one series, or of all (series -1), with these n columns in this order, and
 * with names, dates and everything else. */
kr_status kr__rows_pick(const kr_rows *rows, int64_t series, int64_t n, const int64_t *columns,
                        kr_rows **out, kr_error *err);

/* Keep the series of a shard, or the columns if there is a single series; those that are `needed`
 * are in every shard. *rows is replaced; of a shard that has none nothing is left, not even a
 * series. KR_USAGE: a single series whose columns were asked for by name. rows_shard.c */
kr_status kr__rows_cut(const kr_rows_options *options, const kr__shard *shard, kr_rows **rows,
                       kr_error *err);

/* KR_SHAPE: a shard that has none of the series is nothing to compute with. */
kr_status kr__rows_refuse_none(const kr_rows *rows, kr_error *err);

/* Free the values and dates; names stay. */
void kr__rows_drop_values(kr_rows *rows);

/* Of names, dates and values. rows_shard.c */
uint64_t kr__rows_fingerprint(const kr_rows *rows);

/* rows_share.c: rows of the first of some ranks become those of all; elsewhere *rows is NULL before.
 * They are no shard. Without ranks nothing is done. KR_MEMORY. */
kr_status kr__rows_share(const kr_team *team, kr_rows **rows, kr_error *err);

/* The step of the dates of the longest series, which all others must keep, but for days and hours
 * that it does not show; of a shard, that of the whole table. *has false: no dates, or too few; on
 * failure (KR_FORMAT: no regular step), too. rows_step.c */
kr_status kr__rows_step(const kr_rows *rows, bool *has, kr_frequency *step, kr_error *err);
int64_t kr__rows_longest(const kr_rows *rows);

/* "data.csv", or "data.csv, series "a"" if there are several; cut to size. Returns text. */
const char *kr__rows_describe(const kr_rows *rows, int64_t series, char *text, size_t size);

/* How many rows a series has up to the last one with a value in one of the n columns from `first`
 * on; 0: none has one. */
int64_t kr__rows_known(const kr_rows *rows, int64_t series, int64_t first, int64_t n);
/* Drop the rows behind those, which belong to the future; a series without a value keeps its rows.
 * rows come from kr__rows_pick(), and no gap was filled yet. */
typedef struct kr__ahead {
    int64_t fewest, most; /* rows that a series lost */
} kr__ahead;
kr__ahead kr__rows_cut_ahead(kr_rows *rows, int64_t first, int64_t n);

/* Insert the rows that are missing between the dates and fill gaps as kr__gaps_fill() does, series
 * by series; is_filled says where. rows come from kr__rows_pick(). frequency may be NULL. */
kr_status kr__rows_fill(kr_rows *rows, const char *gaps, const kr_frequency *frequency,
                        kr_gaps_report *report, kr_error *err);

/* ---- readers ---------------------------------------------------------------------------- */

/* The options that a reader handles itself. Others are refused, except columns, which are picked
 * after it has read all of them. */
enum {
    KR__READS_IDS = 1,
    KR__READS_PATTERN = 2,
    KR__READS_COLUMNS = 4,
    KR__READS_TEXT = 8 /* all of reading_flags.inc */
};

/* A kind of file: one source file and one row of readers.inc. */
typedef struct kr__reader {
    const char *name;
    const char *extensions; /* ".csv|.csv.gz"; "": a folder */
    int uses;
    /* Is a path with such an extension meant for this reader? NULL: always. */
    bool (*probe)(const char *path, const kr_rows_options *options);
    /* Errors name file, line and column. On failure *out is untouched. */
    kr_status (*open)(const char *path, const kr_rows_options *options, kr_rows **out,
                      kr_error *err);
} kr__reader;

#define KR_READER(name) extern const kr__reader kr__reader_##name;
#include "tables/readers.inc"
#undef KR_READER

#endif
