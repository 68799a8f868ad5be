/* SPDX-License-Identifier: MIT
 * fuzz_printable.h - what must hold for every text that reaches a person. */
#ifndef KR_FUZZ_PRINTABLE_H
#define KR_FUZZ_PRINTABLE_H

#include <string.h>

#include "framework/say.h"
#include "support/fuzz_array.h"

/* One character after the other is one that can be seen, or one of our own layout: "\n". */
static inline void require_printable(const char *text, const char *layout) {
    char shown[PRINTABLE_MOST + 1];
    for (size_t n = 0; printable_next(text, shown, &n) > 0; text += n) {
        require(strchr(layout, *text) || (strlen(shown) == n && memcmp(text, shown, n) == 0));
    }
}

#endif
