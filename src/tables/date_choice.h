/* SPDX-License-Identifier: MIT
 * date_choice.h - the format of a column of dates, found from some of its cells. */
#ifndef KR_DATE_CHOICE_H
#define KR_DATE_CHOICE_H

#include "tables/csv_fields.h"
#include "tables/date_format.h"

/* Kinds that read (almost) all of these cells, as bits 1 << kind; one bad cell in two or more, and
 * one in ten, is left to be refused by whoever reads the rows. Cells that are gaps do not count.
 * Seconds since 1970 and days as Excel counts them must lie in the years 1990 to 2100. 0: no column
 * of dates. */
uint32_t kr__date_kinds(const kr__csv_field *cells, int64_t n);

/* The first of them; KR__DATE_NONE: there is none. */
kr__date_kind kr__date_first_kind(uint32_t kinds);
/* Are most of them nothing but digits, with or without a point? Then they are dates only where the
 * name of the column or their order says so. */
bool kr__are_counts(const kr__csv_field *cells, int64_t n);
/* Is a column with this name one of times? date, time, day, month, year, week, ds, timestamp, .. */
bool kr__is_time_name(const char *name);
/* Cells read by format rise with the rows, or fall; is_strict: never the same twice. */
bool kr__dates_run(const kr__date_format *format, const kr__csv_field *cells, int64_t n,
                   bool is_strict);
/* They rise, and begin again a few times, as the years of several countries do. */
bool kr__dates_restart(const kr__date_format *format, const kr__csv_field *cells, int64_t n);
/* Do neighbours have the same distance, in time or in whole months? clocks (n): to be added; NULL:
 * none. */
bool kr__dates_are_even(const kr__date_format *format, const kr__csv_field *cells,
                        const int64_t *clocks, int64_t n);

/* Of several kinds the one that is meant: of day and month first that with the day, if points stand
 * between; else the one that the steps decide, the only one whose dates rise or fall in even
 * steps. KR__DATE_NONE: they do not decide. kinds has two bits or more. *by_step: the steps did
 * decide. */
kr__date_kind kr__date_decide(uint32_t kinds, const kr__csv_field *cells, const int64_t *clocks,
                              int64_t n, bool *by_step);

#endif
