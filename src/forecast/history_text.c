/* SPDX-License-Identifier: MIT
 * history_text.c - names of columns, dates and rows as files and people have them. */
#include "forecast/history_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/datetime.h"
#include "tables/calendar.h"

const char *kr__forecaster_column(const kr_forecaster *model, int64_t k) {
    return kr_forecaster_info_of(model)->columns[kr_forecaster_info_of(model)->n_channels -
                                                 kr_forecaster_info_of(model)->n_outputs + k];
}

/* All rows are at midnight, and so are those to come. */
static bool are_days(const kr_history *h) {
    if (h->n_rows == 0 || h->zone) return false;
    if (!h->has_frequency) return kr__datetime_are_days(h->n_rows, h->timestamps);
    return kr__frequency_keeps_time(&h->frequency) && h->timestamps[0] % KR__DAY == 0;
}

const char *kr__history_date(const kr_history *history, int64_t micros,
                             char text[KR__HISTORY_DATE]) {
    kr__datetime_day_text(micros, are_days(history), text);
    if (history->zone)
        snprintf(text + strlen(text), KR__HISTORY_DATE - KR_DATETIME_TEXT, "%s", history->zone);
    return text;
}

const char *kr__history_row(const kr_history *history, int64_t row, char text[KR__HISTORY_DATE]) {
    if (history->timestamps) return kr__history_date(history, history->timestamps[row], text);
    snprintf(text, KR__HISTORY_DATE, "%" PRId64, row + 1);
    return text;
}

const char *kr__level_text(double level, char text[KR__LEVEL_TEXT]) {
    snprintf(text, KR__LEVEL_TEXT, "%.10g", 100 * level);
    return text;
}
