/* SPDX-License-Identifier: MIT
 * date_format.h - dates as people write them: a format, and a text read by it.
 *
 *     kr__date_format format = {.kind = KR__DATE_DMY};
 *     kr__moment moment;
 *     kr__date_read(&format, "1.12.2023 14:30", 15, &moment);
 *
 * date_choice.h finds the format of a column. */
#ifndef KR_DATE_FORMAT_H
#define KR_DATE_FORMAT_H

#include <kr/base.h>

/* Except for epochs, serial days, years and patterns, a clock may follow: " 9:30", "T09:30:00.25",
 * " 9:30 PM", and behind it "Z", an offset, "+01:00", or a zone, CET. Names of months are those of
 * date_names.c, in any case, cut to three letters or more; the name of a weekday may stand before
 * day and month. Of an interval, "a - b", the start is read. */
typedef enum kr__date_kind {
    KR__DATE_NONE,
    KR__DATE_YMD,      /* 2016-07-01, 2016/7/1, 2016.07.01, 2016-Jul-01, and with CJK signs */
    KR__DATE_DMY,      /* 1.7.2016, 01/07/16, 1 July 2016, 01-Jul-2016 */
    KR__DATE_MDY,      /* 7/1/2016, 07-01-16, July 1, 2016, Fri Jul 1 09:30:00 UTC 2016 */
    KR__DATE_BASIC,    /* 20160701, 20160701T0930, 2016070109, 201607010930, 20160701093000 */
    KR__DATE_YM,       /* 2016-07, 2016/7, 201607, 2016M07, 2016-Jul */
    KR__DATE_MY,       /* 07/2016, 7.2016, Jul 2016, July 2016, Jul-16 */
    KR__DATE_QUARTER,  /* 2016Q3, 2016-Q3, Q3 2016: the first day of the quarter */
    KR__DATE_WEEK,     /* 2016-W05, 2016W05, 2016-W05-1: the Monday, or the day that is named */
    KR__DATE_YEAR,     /* 2016: the first of January */
    KR__DATE_ORDINAL,  /* 2016-183, 2016183: day of the year */
    KR__DATE_EPOCH_S,  /* seconds since 1970 (UTC), perhaps with a fraction */
    KR__DATE_EPOCH_MS, /* thousandths of them */
    KR__DATE_EPOCH_US,
    KR__DATE_EPOCH_NS, /* whole microseconds */
    KR__DATE_EXCEL,    /* days since 1899-12-30, to the nearest millisecond */
    KR__DATE_DATENUM,  /* days as MATLAB counts them, from the year 0 */
    KR__DATE_JULIAN,   /* Julian days, from noon to noon */
    KR__DATE_PATTERN,  /* by a pattern */
    KR__N_DATE_KINDS
} kr__date_kind;

enum { KR__DATE_PATTERN_SIZE = 64 };

typedef struct kr__date_format {
    kr__date_kind kind;
    char pattern[KR__DATE_PATTERN_SIZE]; /* "" unless kind is KR__DATE_PATTERN */
} kr__date_format;

typedef struct kr__moment {
    int64_t micros; /* since 1970, clock time as written */
    bool has_clock; /* the time of day was written, too */
    bool has_offset;
    int32_t offset;      /* minutes east of UTC */
    bool has_short_year; /* of two digits: 69 .. 99 are 1969 .. 1999, 00 .. 68 are 2000 .. 2068 */
    bool has_month_name;
    bool is_too_fine; /* has digits below a microsecond */
    bool is_interval; /* what was read is the start of "a - b" */
} kr__moment;

/* Read text[0 .. size), without blanks around it. False: not by this format, not a date that
 * exists, outside the years 1 .. 9999, or finer than microseconds. */
bool kr__date_read(const kr__date_format *format, const char *text, size_t size, kr__moment *out);

/* By ymd: `2016-07-01`, `2013/1/1 0:00`, `2016-07-01T00:00:00.250`, .. An offset behind it is
 * skipped: the result is the clock time as written. False: not read. */
bool kr__date_parse(const char *text, size_t size, int64_t *micros);

/* Of a text that was not read: is it a date, only finer than microseconds? */
bool kr__date_is_too_fine(const kr__date_format *format, const char *text, size_t size);
/* Is it a date but for the name of a zone at its end that is not known, or means several? */
bool kr__date_has_unknown_zone(const kr__date_format *format, const char *text, size_t size);
/* For a sentence about it. */
#define KR__UNKNOWN_ZONE                                                                           \
    "ends with the name of a time zone that is not known or means several; write its offset, "     \
    "such "                                                                                        \
    "as +01:00, or give a `date_format` with the name in it, such as \"%Y-%m-%d %H:%M:%S CST\""

/* A time of day alone: 9:30, 09:30:00.25, 9:30 PM. */
bool kr__clock_read(const char *text, size_t size, int64_t *micros);

/* From a setting: iso, ymd, dmy, mdy, yyyymmdd, ym, my, quarter, week, year, ordinal, epoch_s,
 * epoch_ms, epoch_us, epoch_ns, excel, datenum, julian, or a pattern as of strptime: %Y %y %m %d %b
 * %B %a %A %H %I %p %M %S %f (a fraction of a second) %z %j %%; other characters stand for
 * themselves, a blank for one or more. The result of kr__date_format_text() can be parsed, too.
 * KR_USAGE otherwise. */
kr_status kr__date_format_parse(const char *text, kr__date_format *out, kr_error *err);
/* "dmy", "%d %m %Y", ..; "" for KR__DATE_NONE. */
const char *kr__date_format_text(const kr__date_format *format);
/* For a person: "day-first dates", "seconds since 1970", .. */
const char *kr__date_format_describe(const kr__date_format *format);

#endif
