/* SPDX-License-Identifier: MIT
 * history_text.h - names of columns, dates and rows as files and people have them. */
#ifndef KR_HISTORY_TEXT_H
#define KR_HISTORY_TEXT_H

#include <kr/forecaster.h>

/* Name of forecast column k. */
const char *kr__forecaster_column(const kr_forecaster *model, int64_t k);

/* A date of the history or after it, with its zone: "2023-11-02 13:00:00+01:00"; "2023-11-02" where
 * all rows are at midnight. Returns text. */
enum { KR__HISTORY_DATE = 48 };
const char *kr__history_date(const kr_history *history, int64_t micros,
                             char text[KR__HISTORY_DATE]);
/* The date of a row of the history, or its number from 1. Returns text. */
const char *kr__history_row(const kr_history *history, int64_t row, char text[KR__HISTORY_DATE]);

/* "80", "97.5". Returns text. */
enum { KR__LEVEL_TEXT = 24 };
const char *kr__level_text(double level, char text[KR__LEVEL_TEXT]);

#endif
