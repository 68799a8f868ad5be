/* SPDX-License-Identifier: MIT
 * column_roles.h - what each column of a table is, found from its name and from a sample: the date
 * and its format, times of day, numbers and how they are written, booleans, words, row numbers. */
#ifndef KR_COLUMN_ROLES_H
#define KR_COLUMN_ROLES_H

#include "tables/dialect.h"

typedef struct kr__roles {
    const char *name; /* of the file, for sentences */
    const char *text; /* its first line, which cells of the sample point behind */
    const kr__given *given;
    const kr__reading *before; /* an earlier reading of such files; NULL: none */
    const kr__csv_sample *sample;
    const char *const *needed; /* n_needed names of columns that are series, also if they count */
    int64_t n_needed;
    kr__reading *reading; /* columns have names; those that have a role already keep it */
    bool wants_dates;     /* rows are to be in time: what looks like dates must be some */
    bool is_in_time;      /* or are to be, so that columns may be named by dates, without roles */
    kr_error *err;
} kr__roles;

/*
 * kr__roles_find_date() - the columns of dates and of parts of them, and their format
 * (date_columns.c).
 *
 * date_column is the name that was given, or NULL: then it is the one called date, another only if
 * that one does not rise with the rows and the other does; without one of that name the first that
 * rises or falls with the rows, or the first that holds dates. Columns of plain counts (20231201,
 * 2023, seconds since 1970) hold dates if their name is one of times, or if they are the first and
 * rise. To dates without a time of day belongs a column of such; to a column called year those
 * called month, day, hour. Sets reading->date_format and the roles of all; *date is the place of
 * the dates, -1: none. KR_FORMAT: 01/02/2019 may be either, and nothing decides; or, if
 * wants_dates, a column looks like dates of no known format.
 */
kr_status kr__roles_find_date(const kr__roles *r, const char *date_column, int64_t *date);

/* The roles of all others, and reading->numbers. Columns that are unwanted get one, too, but their
 * numbers have no say. is_wished(arg, name): was this column asked for by its name? Then it is
 * never left out. KR_FORMAT: 1,234 may be either, and nothing decides. Categories are candidates:
 * their words are those of the sample, and they may become text when all rows are seen. */
kr_status kr__roles_find_others(const kr__roles *r,
                                bool (*is_wished)(const void *arg, const char *), const void *arg);

/* Of columns of words the one whose words each have dates that rise or fall, where those of all
 * rows do not: it names the series of a row. -1: none. */
int64_t kr__roles_find_series(const kr__roles *r, int64_t date);

/* Does time run from left to right? Then r->reading->wide says where (wide_columns.c). date, kinds:
 * the column of dates that was found, -1: none, and its formats (kr__date_kinds()). A column of
 * dates is no hindrance where it has the year alone, and the twelve months stand behind it.
 * KR_FORMAT: if wants_dates, columns count and rows have names. */
kr_status kr__roles_find_wide(const kr__roles *r, int64_t date, uint32_t kinds);
/* The date that names a column: "1990", also of "1990 [YR1990]". */
kr__csv_field kr__wide_date(const char *name);

/* The line of a cell. */
int64_t kr__roles_line(const kr__roles *r, const char *at);
static inline const char *kr__roles_name(const kr__roles *r, int64_t c) {
    return r->reading->columns[c].name;
}
static inline kr__csv_field kr__roles_cell(const kr__roles *r, int64_t row, int64_t c) {
    return r->sample->cells[row * r->sample->n_fields + c];
}

/* 1 for true, yes, on, y, t; 0 for their opposites, in any case; false: neither. */
bool kr__boolean_read(const char *text, size_t size, double *value);
/* A gap among words: empty, NA, n/a, #N/A, NaN, null. */
bool kr__is_word_gap(const char *text, size_t size);

enum { KR__MOST_CATEGORIES = 20, KR__MOST_WORD = 60 };

#endif
