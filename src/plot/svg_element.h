/* SPDX-License-Identifier: MIT
 * svg_element.h - a file of SVG as an element of a page of HTML. */
#ifndef KR_PLOT_SVG_ELEMENT_H
#define KR_PLOT_SVG_ELEMENT_H

#include <kr/base.h>

/* From "<svg" on, all names beginning with prefix; ends in a zero byte, to be freed with kr_free.
 * NULL when out of memory. */
char *kr__svg_element(const uint8_t *svg, size_t n_bytes, const char *prefix);

#endif
