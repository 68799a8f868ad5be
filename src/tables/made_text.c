/* SPDX-License-Identifier: MIT
 * made_text.c - comma-separated text that is made from another kind of table. */
#include "tables/made_text.h"

#include <string.h>

#include "files/array_internal.h"
#include "files/unpack_limit.h"

static kr_status make_room(kr__made_text *made, size_t n, kr_error *err) {
    if (n > made->limit || made->n > made->limit - n) {
        return kr__unpack_refuse(made->name, made->limit, err);
    }
    char *larger = kr__grow(made->text, &made->room, made->n + n, 1);
    if (!larger) return kr_fail(err, KR_MEMORY, "%s: no memory for the table", made->name);
    made->text = larger;
    return KR_OK;
}

static bool needs_quotes(const char *cell, size_t n) {
    bool has_blank_edge = n > 0 && (cell[0] == ' ' || cell[n - 1] == ' ');
    return has_blank_edge || memchr(cell, ',', n) || memchr(cell, '"', n);
}

kr_status kr__made_cell(kr__made_text *made, const char *cell, size_t n, kr_error *err) {
    const size_t most_added = 3; /* a comma and two quotes; each byte may be doubled */
    if (n > (SIZE_MAX - most_added) / 2) return kr__unpack_refuse(made->name, made->limit, err);
    KR_TRY(make_room(made, 2 * n + most_added, err));
    char *to = made->text + made->n;
    bool is_quoted = n > 0 && needs_quotes(cell, n);
    if (made->is_within_line) *to++ = ',';
    if (is_quoted) *to++ = '"';
    for (size_t i = 0; i < n; i++) {
        char c = cell[i] == '\n' || cell[i] == '\r' ? ' ' : cell[i];
        if (c == '"') *to++ = '"';
        *to++ = c;
    }
    if (is_quoted) *to++ = '"';
    made->n = (size_t)(to - made->text);
    made->is_within_line = true;
    return KR_OK;
}

kr_status kr__made_line_end(kr__made_text *made, kr_error *err) {
    KR_TRY(make_room(made, 1, err));
    made->text[made->n++] = '\n';
    made->is_within_line = false;
    return KR_OK;
}
