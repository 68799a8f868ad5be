/* SPDX-License-Identifier: MIT
 * step_names.h - steps of dates in words, for people; files keep their codes
 * (kr_frequency_text()). */
#ifndef KR_STEP_NAMES_H
#define KR_STEP_NAMES_H

#include <kr/rows.h>

/* "1 hour", "15 minutes", "business days", "month ends", "quarters", "weeks from Monday", "1 day,
 * Monday to Saturday", "30 minutes, Monday to Friday, 09:30 to 15:30": what follows "in steps of".
 * from: a date of the rows, which tells the weekday of weeks and the months of longer steps; NULL:
 * unknown. Returns text. */
enum { KR__STEP_WORDS = 192 };
const char *kr__step_words(const kr_frequency *f, const int64_t *from, char text[KR__STEP_WORDS]);

/* The code of a step that is called by its name or by pandas' code: "business days", "hourly",
 * "15 minutes", "W-MON", "QS", "1YE-DEC" are b, h, 15min, w, q, 1ye. text itself where it is no
 * such name: a code of ours, or something else. */
enum { KR__STEP_CODE = 32 };
const char *kr__step_code(const char *text, char code[KR__STEP_CODE]);

#endif
