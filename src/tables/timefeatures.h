/* SPDX-License-Identifier: MIT
 * timefeatures.h - the inputs that a model gets from dates. */
#ifndef KR_TIMEFEATURES_H
#define KR_TIMEFEATURES_H

#include "core/datetime.h"

KR_BEGIN_DECLS

/* The time features of a step: freq as pandas names it, in either case, optionally with a whole
 * number in front, or in words (kr__step_code()):
 *
 *   s              second, minute, hour, weekday, day, day of year
 *   t min          the same from minute on (`15min`, `5t`)
 *   h              from hour on (`h`, `3h`)
 *   d b            from weekday on
 *   w              day, ISO week
 *   m me q qe      month
 *
 * each linear from -0.5 to 0.5: second/59, minute/59, hour/23, weekday/6 (Monday 0), (day-1)/30,
 * (day of year-1)/365, (week-1)/52, (month-1)/11, less 0.5. Yearly steps (a, y) have no feature and
 * are an error, as is an unknown word; the sentence lists what is known. Source: GluonTS' time
 * features as used by Informer and Time-Series-Library. */
kr_status kr__timefeatures_count(const char *freq, int64_t *n_features, kr_error *err);
/* micros (n_rows) -> features (n_rows, n_features). */
kr_status kr__timefeatures(const char *freq, int64_t n_rows, const int64_t *micros,
                           double *features, kr_error *err);

/* The other form: month, day, weekday (Monday 0), hour as they are, and minute / 15 (whole) when
 * with_quarter: micros (n_rows) -> features (n_rows, 4 or 5). */
void kr__timefeatures_calendar(int64_t n_rows, const int64_t *micros, bool with_quarter,
                               double *features);

KR_END_DECLS

#endif
