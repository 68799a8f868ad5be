/* SPDX-License-Identifier: MIT
 * rows.h - rows of numbers with or without dates, of one series or of several: the data that models
 * are trained on and forecast from. They come from a file or from memory.
 *
 *     kr_rows *rows = NULL;
 *     KR_TRY(kr_rows_read("sales.csv", NULL, &rows, err));
 *     int64_t price = kr_rows_find(rows, "price");
 *     double last = kr_rows_values(rows)[(kr_rows_count(rows) - 1) * kr_rows_column_count(rows)
 *                                        + price];
 *
 * Rows never change once they are made: any number of trainings and forecasts, in any number of
 * threads, may share them. */
#ifndef KR_ROWS_H
#define KR_ROWS_H

#include <kr/team.h>

KR_BEGIN_DECLS

typedef struct kr_rows kr_rows;

/* ---- from a file ------------------------------------------------------------------------ */

#define KR_HEADER_CHOICES "auto|yes|no"
#define KR_CATEGORIES_CHOICES "onehot|off"
#define KR_SORT_CHOICES "auto|no"
#define KR_REPEATS_CHOICES "refuse|first|last|mean|sum"

/* size is sizeof(kr_rows_options); all else 0: the defaults. */
typedef struct kr_rows_options {
    size_t size;
    const char *reader;      /* one of kr_rows_readers(); NULL: the one that knows the path */
    const char *date_column; /* NULL: the one called date, else the first that holds dates */
    /* csv: the column that names each row's series; "": it is found, if dates come several times;
     * NULL: one series */
    const char *id_column;
    const char *pattern; /* m4: which of its files to read: Yearly, .. */
    bool keeps_gaps;     /* as NaN; otherwise a file with gaps is refused */
    /* Names of the columns to read, without regard to blanks around them; other columns are
     * skipped, whatever they hold. NULL: all. leaves_out: these are the columns to skip instead. */
    const char *const *columns;
    int64_t n_columns;
    bool leaves_out;
    /* Names of columns that are read beside all others, also if they look like numbers of rows. */
    const char *const *needed;
    int64_t n_needed;
    kr_team *team; /* its log says what was assumed about the file; NULL: no log */
    /* csv and folder: how the text is written. NULL or "": that is seen from the file. */
    const char *delimiter;   /* comma, semicolon, tab, pipe, blank, or the character itself */
    const char *decimal;     /* point, comma */
    const char *thousands;   /* what stands between them: none, comma, point, apostrophe, blank */
    const char *date_format; /* ymd, dmy, mdy, epoch_s, .., or a pattern: "%d %b %Y" */
    const char *header;      /* auto, yes, no */
    const char *categories;  /* columns of a few words: onehot (not for a folder), off */
    const char *sort;        /* rows that do not rise in time: auto: are sorted; no: an error */
    const char *repeats;  /* several rows of one date: refuse (equal ones are dropped), first, last,
                             mean, sum */
    const char *timezone; /* the clock on which instants are shown: UTC, +01:00 */
    /* Words and numbers that stand for gaps, between commas: -999, n/e. NULL: those that are seen
     * (NA, -999, ..); no: all numbers are some. */
    const char *missing;
    const char *sheet; /* of a workbook: its name or number; NULL: the first */
    int64_t last;      /* rows at the end that are read, of each series; 0: all of them */
    /* kr_rows_reading() of earlier rows: decides where the file leaves something open. */
    const char *reading;
    /* "2/8": the second of eight parts of the series, or of the columns of a single series; a
     * series is in the part that its name decides, wherever it is in the file. NULL or "": all. */
    const char *shard;
} kr_rows_options;

/*
 * kr_rows_read() - all rows of a file or a folder.
 *
 *   csv     a table of one series or several: CSV, plain or gzip; a sheet of an .xlsx workbook;
 *           .json, .jsonl, .ndjson, an object a row. Reads every path that no other reader knows.
 *           Delimiter, header, decimal sign, dates, order of rows are seen from the file, and said
 *           in a note where they are not plain. Of two columns with one name, v, the second is v.1
 *   folder  a folder of CSV files: each is a series with the name of its file; all have the same
 *           columns
 *   ragged  a CSV file with a row for each series, its name and then its values, as many as it has,
 *           under numbered columns, as M4's files have them; column "value", no dates
 *   m4      a folder of the M4 competition, with a pattern: one series per line, no dates
 *   pems    traffic counts: member data (steps, sensors, features) of an .npz file, of which the
 *           first feature is read; columns "0", "1", .., no dates
 *
 * Errors name file, line and column, and say how to mend it. KR_IO, KR_FORMAT: the file cannot be
 * read, or its content is wrong. KR_USAGE: a reader, column or pattern that does not exist, or an
 * option that the reader does not use. On failure *out is untouched. options may be NULL.
 */
KR_API kr_status kr_rows_read(const char *path, const kr_rows_options *options, kr_rows **out,
                              kr_error *err);
/* The names of the readers, "csv|folder|..". */
KR_API const char *kr_rows_readers(void);

/* ---- from memory ------------------------------------------------------------------------ */

/* size is sizeof(kr_rows_memory). n_rows, n_columns and values are needed; all else may be 0. */
typedef struct kr_rows_memory {
    size_t size;
    const char *name; /* what sentences call the rows; NULL: "the rows" */
    int64_t n_rows, n_columns;
    const double *values;       /* (n_rows, n_columns), finite, or NaN where one is missing */
    const char *const *columns; /* n_columns names; NULL: "0", "1", .. */
    const int64_t *dates;       /* (n_rows) microseconds since 1970, clock time; NULL: no dates */
    /* Several series, one after the other; 0 and NULL: a single one. */
    int64_t n_series;
    const char *const *series;  /* n_series names */
    const int64_t *series_rows; /* n_series: rows of each, 1 or more */
    /* True: values and dates are not copied; the caller keeps them, unchanged, as long as the rows
     * live. False: they are copied. Names are always copied. */
    bool is_borrowed;
} kr_rows_memory;

/* All of it is checked first. KR_SHAPE: no rows, no columns, more than memory can hold, or series
 * whose rows do not add up to n_rows. KR_USAGE: a name is NULL. KR_FORMAT: a value is infinite, a
 * name occurs twice, or the dates of a series do not rise or lie outside the years 1 .. 9999. On
 * failure *out is untouched. */
KR_API kr_status kr_rows_from_memory(const kr_rows_memory *memory, kr_rows **out, kr_error *err);

/* NULL is fine. */
KR_API void kr_rows_destroy(kr_rows *rows);

/* ---- contents --------------------------------------------------------------------------- */

/* The file, or the name given to kr_rows_from_memory(). */
KR_API const char *kr_rows_name(const kr_rows *rows);
/* Rows of all series together. */
KR_API int64_t kr_rows_count(const kr_rows *rows);
KR_API int64_t kr_rows_column_count(const kr_rows *rows);
KR_API const char *kr_rows_column(const kr_rows *rows, int64_t column);
/* The column of this name, without regard to blanks around either; -1: none. */
KR_API int64_t kr_rows_find(const kr_rows *rows, const char *name);
/* (rows, columns), NaN where one is missing. */
KR_API const double *kr_rows_values(const kr_rows *rows);
KR_API bool kr_rows_is_missing(const kr_rows *rows, int64_t row, int64_t column);
/* (rows) microseconds since 1970, clock time as written; NULL: no dates. */
KR_API const int64_t *kr_rows_dates(const kr_rows *rows);
/* The name of the date column; NULL: no dates. */
KR_API const char *kr_rows_date_name(const kr_rows *rows);

/* 1 or more; 0: none of them is in the shard that was asked for. */
KR_API int64_t kr_rows_series_count(const kr_rows *rows);
/* NULL: a single series, which has no name. */
KR_API const char *kr_rows_series(const kr_rows *rows, int64_t series);
/* The first row of a series; series kr_rows_series_count() is allowed and gives kr_rows_count(). */
KR_API int64_t kr_rows_series_start(const kr_rows *rows, int64_t series);

/* "+01:00": the dates are on that clock, as those of the file's last row; NULL: dates without zone.
 */
KR_API const char *kr_rows_zone(const kr_rows *rows);
/* How the file was read, as text, for kr_rows_options.reading; NULL: not from such a file. */
KR_API const char *kr_rows_reading(const kr_rows *rows);

/* Columns of the file that were skipped. */
KR_API int64_t kr_rows_unread_count(const kr_rows *rows);
KR_API const char *kr_rows_unread(const kr_rows *rows, int64_t i);

/* ---- dates ----------------------------------------------------------------------------------- */

enum { KR_ALL_DAYS = 0x7f, KR_WORK_DAYS = 0x1f };

/*
 * The step from one date to the next, and the days and hours on which there are rows. Either micros
 * or months is above 0.
 *
 * Steps of months fall on one day of the month, in months that lack it on their last: 30 is the
 * 30th and the end of February, 31 is the end of every month. Shorter steps count all hours of all
 * days, or, if they are no longer than a day, open ones alone: weekdays, and of each day the hours
 * from day_start to day_end, less a pause. The step divides the hours, the part before the pause
 * and the part after it; without hours, a step with weekdays divides the day. Nothing lies on a
 * closed day or hour, and a step leads over it.
 */
typedef struct kr_frequency {
    int64_t micros;    /* of a step, microseconds; 86400000000 is a day */
    int64_t months;    /* of a step: 1 month, 3 a quarter, 12 a year */
    int32_t month_day; /* of steps of months: 1 .. 31; 0: that of the date counted from */
    uint32_t weekdays; /* bit 0 Monday .. 6 Sunday: days that have rows; 0: all of them */
    /* First and last row of a day, microseconds after midnight; both 0: around the clock. */
    int64_t day_start, day_end;
    /* Last row before the pause and first row after it; both 0: there is none. */
    int64_t pause_start, pause_end;
} kr_frequency;

/*
 * The step of rising dates, and their calendar.
 *
 * - months: dates a month or more apart that keep to a day of the month, or to its end
 * - else the step is the distance of most neighbours
 * - days: weekdays without rows are closed if each of them lies three times or more between the
 *   dates; a weekend also if it is left out once, from a Friday to a Monday
 * - hours: rows at the same times of each day, for four days or more: from the first to the last of
 *   these times; the longest time between them in which no day has a row is a pause
 *
 * Days and hours are closed only if that leaves fewer gaps than the step alone, and no more gaps
 * than rows. n >= 2. KR_FORMAT when dates go back or repeat, or when most of them do not follow a
 * regular step; the sentence names the first such row (from 1) and its date. name is what sentences
 * call the data.
 */
KR_API kr_status kr_frequency_infer(const char *name, int64_t n, const int64_t *timestamps,
                                    kr_frequency *out, kr_error *err);

/* A name that pandas uses, optionally with a whole number in front: us, ms, s, t or min, h, d, b,
 * w, m, q, y, and me, qe, ye for the ends of months, quarters, years. As in pandas ms are
 * milliseconds and MS are months; no other name depends on its case. Words and pandas' names of
 * anchored steps are taken, too: business days, month ends, 15 minutes, hourly, weeks from Monday,
 * W-MON, QS, QE-DEC; the anchor is left to the dates. Then, each after a slash: the
 * day of the month, weekdays, hours: 1m/30, 1d/mon-sat, 1d/tue+thu, 30min/mon-fri/09:30-15:30,
 * 30min/09:30-11:30+13:00-15:00. KR_USAGE: anything else. */
KR_API kr_status kr_frequency_parse(const char *text, kr_frequency *out, kr_error *err);
/* "1h", "15min", "1500ms", "1d", "1b" for work days, "1w", "1m", "1me", "1d/mon-sat":
 * kr_frequency_parse() reads back what is the same. Returns text. */
enum { KR_FREQUENCY_TEXT = 128 };
KR_API const char *kr_frequency_text(const kr_frequency *f, char text[KR_FREQUENCY_TEXT]);
/* Do both lead from a date to the same one? Months on different days up to the 28th are the same.
 */
KR_API bool kr_frequency_is_same(const kr_frequency *a, const kr_frequency *b);

/* The date n_steps after timestamp; n_steps may be below 0. A time at which nothing is open counts
 * as the last one before it. Dates of months stay within the years 1 to 9999. */
KR_API int64_t kr_frequency_add(const kr_frequency *f, int64_t timestamp, int64_t n_steps);
/* Steps from one date to a later one; -1 when no whole number of steps leads from `from` to
 * `to`. */
KR_API int64_t kr_frequency_count(const kr_frequency *f, int64_t from, int64_t to);

/* The usual season, in steps: the rows of a day for hours, minutes, or where days begin and end; an
 * hour for seconds, a second below them; a week for days (5 for work days), a year for weeks (52),
 * months and quarters; otherwise 1. */
KR_API int64_t kr_frequency_season(const kr_frequency *f);

/* "2016-07-01 00:00:00", clock time, with a fraction of a second where there is one; "" outside the
 * years 1 .. 9999. Returns text. */
enum { KR_DATE_TEXT = 32 };
KR_API const char *kr_date_text(int64_t micros, char text[KR_DATE_TEXT]);

/* ---- gaps ------------------------------------------------------------------------------------ */

/* refuse: a gap is an error. linear: filled on the straight line between its neighbours, at an end
 * with the nearest value. ffill: filled with the value before it (at the start, with the one
 * after). model: filled as with linear, and the model also receives which values were filled. */
#define KR_GAPS_CHOICES "refuse|linear|ffill|model"

typedef struct kr_gaps_report {
    int64_t n_rows;       /* rows that were missing and have been added */
    int64_t n_cells;      /* empty cells in rows that were present */
    int64_t longest;      /* rows of the longest gap of one column */
    int64_t first_row;    /* of the first gap, in the filled table, from 0; -1: none */
    int64_t first_column; /* -1: the whole row was missing */
} kr_gaps_report;

KR_END_DECLS

#endif
