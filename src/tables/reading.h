/* SPDX-License-Identifier: MIT
 * reading.h - how a table is read: every decision, whether it was given or seen.
 *
 * One line says what is not plain (comma, decimal point, UTF-8, year-first dates, header), for a
 * person: "semicolons, decimal comma, day-first dates". A text keeps what the next file of the same
 * source must be read by. */
#ifndef KR_READING_H
#define KR_READING_H

#include "core/arena.h"
#include "tables/date_format.h"
#include "tables/date_parts.h"
#include "tables/number_format.h"
#include "tables/table_text.h"

/* What a person may decide; NULL or "": it is seen. */
typedef struct kr__given {
    const char *delimiter;   /* comma, semicolon, tab, pipe, blank, or the character itself */
    const char *decimal;     /* point, comma, . or , */
    const char *thousands;   /* none, comma, point, apostrophe, blank, or the character itself */
    const char *date_format; /* kr__date_format_parse() */
    const char *header;      /* auto, yes, no */
    const char *categories;  /* onehot, off */
    const char *sort;        /* auto, no */
    const char *repeats;     /* refuse, first, last, mean, sum */
    const char *timezone;    /* UTC, +01:00: the clock on which instants are shown */
    const char *sheet;       /* of a workbook: its name or number */
    int64_t last;            /* rows at the end that are read, of each series; 0: all */
    const char *missing;     /* words and numbers that stand for gaps, between commas; no: none */
    const char *reading;     /* the text of an earlier reading: settles what the file leaves open */
} kr__given;

/* What a column is. */
typedef enum kr__role {
    KR__ROLE_NUMBER,
    KR__ROLE_PERCENT,  /* every number has a percent sign; not divided */
    KR__ROLE_BOOLEAN,  /* true and false, yes and no, on and off: 1 and 0 */
    KR__ROLE_CATEGORY, /* a few words: a column of 0 and 1 for each */
    KR__ROLE_DATE,
    KR__ROLE_PART,       /* a part of the date: the time of day, the hour, .. */
    KR__ROLE_SERIES,     /* names the series of each row */
    KR__ROLE_INDEX,      /* left out, as all that follow: numbers of rows */
    KR__ROLE_OTHER_DATE, /* dates that are not those of the rows */
    KR__ROLE_TEXT,       /* any words */
    KR__ROLE_CONSTANT,   /* one word in all rows */
    KR__ROLE_EMPTY,      /* no name, no values */
    KR__N_ROLES
} kr__role;

typedef struct kr__column {
    const char *name; /* as it stands in the table that is returned */
    kr__role role;
    kr__date_part part;  /* KR__PART_NONE unless role is KR__ROLE_PART */
    char unit[KR__UNIT]; /* that stands around its numbers; "": none */
    bool has_stand_in;
    double stand_in; /* a number that stands for gaps (value_gaps.h) */
    int64_t n_stand_ins;
    bool is_accounting; /* has negatives in parentheses or with a minus behind */
    char **categories;  /* n_categories words */
    int64_t n_categories;
    bool is_unwanted; /* nobody asked for it */
} kr__column;

/* What was done to bring rows into order of time (row_order.h). */
typedef struct kr__order {
    int64_t n_last, n_all; /* of so many rows the last; 0: all were read */
    bool is_turned;        /* the newest row came first */
    int64_t n_back;        /* rows that were older than the one before; they were sorted */
    int64_t n_dropped;     /* rows that repeated others */
    int64_t n_settled;     /* rows less, of dates with several */
    bool has_autumn;       /* the hour that comes twice */
} kr__order;

/* Columns that are named by dates, so that time runs from left to right; or by the twelve months of
 * the year that each row begins with. n_dates is 0: there are none. */
typedef struct kr__wide {
    int64_t first, n_dates;
    int64_t n_behind;     /* other columns behind them, which are left out */
    int64_t n_empty_rows; /* which have no value, and are left out */
    bool are_months;
} kr__wide;

typedef struct kr__reading {
    kr__encoding encoding;
    bool has_cr_lines;
    char delimiter;
    bool has_sep_line;
    int64_t n_comments, n_titles; /* lines above the header */
    bool has_header, is_header_commented, has_units_row;
    kr__wide wide; /* as they were before the table was turned (turned.h) */
    kr__number_format numbers;
    kr__date_format date_format;
    bool is_by_step; /* day or month first: the steps decided */
    bool has_short_years;
    bool has_intervals;   /* dates are starts of intervals */
    bool has_zone;        /* dates are instants, on the clock of offset */
    bool has_two_offsets; /* of several in the file */
    int32_t offset;       /* minutes east of UTC */
    int64_t n_marks;      /* behind numbers, left out */
    char mark[8];         /* the first of them */
    int64_t n_headers;    /* that were repeated between the rows */
    int64_t n_totals;     /* lines at the end that were left out */
    char total[24];       /* the first cell of the first of them */
    kr__order order;
    int64_t n_columns; /* of the file */
    kr__column *columns;
} kr__reading;

/* The decisions of a plain table, with no columns. */
void kr__reading_init(kr__reading *reading);

/* "semicolons, decimal comma"; "" for a plain table. Cut to size. Returns text. */
const char *kr__reading_line(const kr__reading *reading, char *text, size_t size);

/* What is written otherwise than in an earlier file: "commas, not semicolons"; "" where nothing is.
 * Returns text. */
const char *kr__reading_changes(const kr__reading *old, const kr__reading *now, char *text,
                                size_t size);

/* All decisions that also hold for the next file, a line each; in arena. NULL: out of memory. */
char *kr__reading_text(const kr__reading *reading, kr_arena *arena);
/* The way back; everything lies in arena. Columns are those that the text names. KR_FORMAT: it is
 * no such text. */
kr_status kr__reading_parse(const char *text, kr_arena *arena, kr__reading *out, kr_error *err);

/* "number", "percent", .. */
extern const char *const kr__role_words[KR__N_ROLES];
/* "comma" or, is_plural, "commas"; a sign without a name in quotes, in other. */
const char *kr__sign_name(char sign, bool is_plural, char other[4]);
/* The way back; 0: there is no such sign. */
char kr__sign_find(const char *word);

/* The column of this name; NULL: none. */
const kr__column *kr__reading_find(const kr__reading *reading, const char *name);

/* Settings as they are given; 0, or *decimal and *thousands untouched, where they are not.
 * KR_USAGE: no such value, with a sentence. */
kr_status kr__given_delimiter(const kr__given *given, char *delimiter, kr_error *err);
kr_status kr__given_numbers(const kr__given *given, kr__number_format *format, bool *has_thousands,
                            kr_error *err);
/* Minutes east of UTC. "Z", "UTC", "+01:00", "-0530". False: none of them. */
bool kr__zone_parse(const char *text, int32_t *offset);
/* "+01:00". Returns text. */
enum { KR__ZONE_TEXT = 8 };
const char *kr__zone_text(int32_t offset, char text[KR__ZONE_TEXT]);

#endif
