/* SPDX-License-Identifier: MIT
 * svg_element.c - a file of SVG as an element of a page of HTML: without the XML head, and with its
 * own names.
 */
#include "plot/svg_element.h"

#include <string.h>

#include "core/arena.h"

/* A name is defined after the first of these, and used after the others. cairo draws texts as
 * outlines, so none of them can occur in a text. */
static const char *const marks[] = {" id=\"", "href=\"#", "url(#"};
enum { N_MARKS = sizeof marks / sizeof marks[0] };

/* Length of the mark at text, 0 if there is none. */
static size_t mark_length(const uint8_t *text, size_t n) {
    for (int i = 0; i < N_MARKS; i++) {
        size_t length = strlen(marks[i]);
        if (length <= n && memcmp(text, marks[i], length) == 0) return length;
    }
    return 0;
}

/* Write the element into out; with out NULL only compute its size. */
static size_t rewrite(const uint8_t *svg, size_t n, const char *prefix, char *out) {
    size_t size = 0, n_prefix = strlen(prefix);
    for (size_t i = 0; i < n;) {
        size_t length = mark_length(svg + i, n - i), copied = length ? length : 1;
        if (out) memcpy(out + size, svg + i, copied);
        size += copied;
        i += copied;
        if (length == 0) continue;
        if (out) memcpy(out + size, prefix, n_prefix);
        size += n_prefix;
    }
    return size;
}

/* Where the element begins. */
static size_t find_element(const uint8_t *svg, size_t n) {
    size_t i = 0;
    while (i + 4 < n && memcmp(svg + i, "<svg", 4) != 0) i++;
    return i;
}

char *kr__svg_element(const uint8_t *svg, size_t n_bytes, const char *prefix) {
    size_t start = find_element(svg, n_bytes);
    size_t size = rewrite(svg + start, n_bytes - start, prefix, NULL);
    char *out = kr__calloc(size + 1, 1);
    if (out) rewrite(svg + start, n_bytes - start, prefix, out);
    return out;
}
