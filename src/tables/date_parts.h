/* SPDX-License-Identifier: MIT
 * date_parts.h - dates of which parts stand in further columns: the time of day, the hour, month
 * and day beside the year. */
#ifndef KR_DATE_PARTS_H
#define KR_DATE_PARTS_H

#include <kr/base.h>

typedef enum kr__date_part {
    KR__PART_NONE,
    KR__PART_CLOCK,  /* 9:30, 09:30:00 */
    KR__PART_DIGITS, /* 93000, 0930: HHMMSS or HHMM, zeros at the start may lack */
    KR__PART_MONTH,
    KR__PART_DAY,  /* of the month, or of the year where there is no month */
    KR__PART_HOUR, /* 0 .. 24 */
    KR__PART_MINUTE,
    KR__PART_SECOND,
    KR__N_DATE_PARTS
} kr__date_part;

/* The parts of one row; all zero: none yet. */
typedef struct kr__date_parts_row {
    int month, day; /* 0: not given */
    int64_t micros; /* of the day */
} kr__date_parts_row;

/* Add what a cell says, without blanks around it. False: it is no such part. */
bool kr__date_part_read(kr__date_part part, const char *text, size_t size, kr__date_parts_row *row);
/* Add the parts to a date. False: there is no such day. */
bool kr__date_parts_join(const kr__date_parts_row *row, int64_t *micros);

/* The part that a column of this name has; NONE: not to be seen from it. */
kr__date_part kr__date_part_of_name(const char *name);
/* "hour": for sentences. */
const char *kr__date_part_text(kr__date_part part);

#endif
