/* SPDX-License-Identifier: MIT
 * csv.h - a table of numbers, with or without dates, from a CSV file. */
#ifndef KR_CSV_H
#define KR_CSV_H

#include <kr/team.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "tables/reading.h"

KR_BEGIN_DECLS

enum { KR_CSV_MAX_COLUMNS = 100000, KR_CSV_MAX_NAME = 64 << 10 };

/* All zero: the defaults. */
typedef struct kr_csv_options {
    const char *date_column; /* its name; NULL: it is found (column_roles.h) */
    const char *id_column;   /* its texts name each row's series; NULL: there is none */
    size_t max_bytes;        /* of the text, unpacked; 0: 4 GiB */
    bool keeps_gaps;         /* as NaN; otherwise a file with gaps is refused */
    /* Names of the columns to read, without regard to blanks around them; other columns are
     * skipped, whatever they hold. NULL: all. leaves_out: these are the columns to skip instead. */
    const char *const *columns;
    int64_t n_columns;
    bool leaves_out;
    /* Names of columns that are read beside all others, also if they look like numbers of rows. */
    const char *const *needed;
    int64_t n_needed;
    int64_t first_line; /* of the rows, for errors; 0: the one after the header */
    kr_team *team;      /* its log says what was assumed; NULL: no log */
    kr__given given;    /* decisions that are not to be seen from the file */
    bool is_plain; /* nothing is seen: commas, points, a header, dates in a column called date */
    bool asks_for_series; /* rows are in time; a column that seems to name series is an error
                             without id_column */
    bool is_in_time;      /* rows are, so that columns named by dates are to be turned (turned.h) */
    const kr__reading *turned; /* of the file whose turned table this is (turned.h); NULL: none */
    bool has_blocks;           /* and so is, without dates, one whose words each stand in one run */
    /* Rows are brought into order of time (row_order.h): STRICT: dates of a series rise; LOOSE:
     * they may repeat. */
    enum { KR__ORDER_NONE, KR__ORDER_LOOSE, KR__ORDER_STRICT } order;
} kr_csv_options;

/* Owns all it points to. */
typedef struct kr_table {
    int64_t n_rows, n_columns; /* n_columns: of numbers, at least 1 unless columns were asked for */
    char **names;              /* n_columns, UTF-8, blanks kept as they are in the header; all
                                  different: of two columns v the second is v.1, as in pandas */
    double *values;            /* (n_rows, n_columns), finite, or NaN where gaps are kept */
    char *date_name;           /* NULL when there is no date column; then timestamps is NULL too */
    int64_t date_position;     /* the field number of the date in the file, from 0; -1: none */
    int64_t *timestamps;       /* (n_rows) microseconds since 1970, clock time as written */
    int64_t *ids;              /* (n_rows) number of the row's series; NULL without id_column */
    char **id_names;           /* n_ids, in order of first appearance */
    int64_t n_ids;
    int64_t n_unread;           /* columns that were skipped */
    char **unread;              /* and their names */
    char *zone;                 /* "+01:00": dates are on that clock; NULL: dates without zone */
    const kr__reading *reading; /* how it was read */
    kr_arena arena;             /* holds the names, the zone and the reading */
} kr_table;

/*
 * kr__csv_read() - read a whole file, plain or gzip (told apart by content); .xlsx and JSON are
 * turned into such text first (text_sources.h).
 *
 * How it is written is seen from a sample (dialect.h, column_roles.h), and options->given says it
 * otherwise; what was seen that is not plain (commas, decimal points, a line of names, dates that
 * begin with the year) is said in one note, `read as: ..`. Quotes `"` may enclose a field. Columns
 * of numbers are returned, each rounded to the nearest double; true and false, yes and no are 1 and
 * 0; a column of a few words becomes one of 0 and 1 for each word, weather=snow; row numbers, other
 * dates and all other text are skipped. options may be NULL.
 *
 * Errors name file, line and column, and the setting that changes what was assumed: not a number,
 * not a date, a gap (empty, NA, NaN, null, -, ..), not finite, no id_column, an empty id, ragged
 * row, open quote, no header, no rows, no numbers, numbers or dates that may be read in two ways
 * where nothing decides, text or packed data above the limits (kr_unpack_limit_set() has those of
 * gzip; never above max_bytes), a name above 64 KiB. On failure *out is untouched.
 */
kr_status kr__csv_read(const char *path, const kr_csv_options *options, kr_table **out,
                       kr_error *err);
/* The same from memory; name is what sentences call the file. */
kr_status kr__csv_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                             const kr_csv_options *options, kr_table **out, kr_error *err);
/* NULL is fine. */
void kr__table_destroy(kr_table *table);

/* The column of this name, without regard to blanks around either; -1: none. */
int64_t kr__table_find(const kr_table *table, const char *name);

KR_END_DECLS

#endif
