/* SPDX-License-Identifier: MIT
 * verdict_words.h - a comparison with a rule of thumb in words, the same whichever command made it.
 */
#ifndef KR_VERDICT_WORDS_H
#define KR_VERDICT_WORDS_H

#include <stddef.h>

#include "forecast/study.h"

/* What is added to text, of size bytes, after a blank. */
void kr__verdict_add(char *text, size_t size, const char *format, ...) KR_PRINTF(3, 4);

/* LEAD " is 12 % below that of RULE, the best rule of thumb, for the median of 7 columns (90 of 100
 * resamples: 20 % below to 3.1 % below)." Nothing where there was too little to compare. */
void kr__verdict_compare(char *text, size_t size, const kr__verdict *verdict, const char *lead,
                         const char *rule, bool has_series);
/* "It is better than RULE.", and so on. name: what it is called where nothing was said of it yet;
 * worse ends the sentence "That is worse". */
void kr__verdict_judge(char *text, size_t size, const kr__verdict *verdict, const char *name,
                       const char *rule, const char *worse);

#endif
