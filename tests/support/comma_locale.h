/* SPDX-License-Identifier: MIT
 * comma_locale.h - the locale of a program that writes numbers with a decimal comma. */
#ifndef COMMA_LOCALE_H
#define COMMA_LOCALE_H

/* Fails the test if there is none. It needs no locale that is installed. */
void comma_locale_begin(void);
void comma_locale_end(void);

#endif
