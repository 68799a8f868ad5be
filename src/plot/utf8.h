/* SPDX-License-Identifier: MIT
 * utf8.h - texts from outside, made safe to draw. */
#ifndef KR_PLOT_UTF8_H
#define KR_PLOT_UTF8_H

#include <kr/base.h>

/* Bytes of the valid character at text and its number; 0 if there is none. Surrogates, overlong
 * forms and numbers above U+10FFFF are not valid. */
size_t kr__utf8_decode(const char *text, uint32_t *code);

/* Copy text into out as valid UTF-8 without control characters: bytes that are not UTF-8 are read
 * as Latin-1, controls become spaces. At most size - 1 bytes, cut between characters. false: cut.
 */
bool kr__utf8_clean(const char *text, char *out, size_t size);

/* The last border between characters at or before byte n of valid UTF-8. */
size_t kr__utf8_border(const char *text, size_t n);

#endif
