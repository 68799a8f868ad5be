/* SPDX-License-Identifier: MIT
 * utf8.c - texts from outside, made safe to draw. */
#include "plot/utf8.h"

#include <string.h>

size_t kr__utf8_decode(const char *bytes, uint32_t *out) {
    const unsigned char *text = (const unsigned char *)bytes;
    size_t n = text[0] < 0x80       ? 1
               : text[0] >> 5 == 6  ? 2
               : text[0] >> 4 == 14 ? 3
               : text[0] >> 3 == 30 ? 4
                                    : 0;
    uint32_t code = n == 0 ? 0 : n == 1 ? text[0] : text[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xC0) != 0x80) return 0;
        code = code << 6 | (text[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    *out = code;
    return code < least[n] || code > 0x10FFFF || is_surrogate ? 0 : n;
}

bool kr__utf8_clean(const char *text, char *out, size_t size) {
    const unsigned char *from = (const unsigned char *)text;
    size_t n_out = 0;
    while (*from) {
        char piece[4];
        uint32_t code;
        size_t n_from = kr__utf8_decode((const char *)from, &code), n = n_from;
        if (n_from == 0) { /* Latin-1 */
            piece[0] = (char)(0xC0 | *from >> 6);
            piece[1] = (char)(0x80 | (*from & 0x3F));
            n_from = 1;
            n = 2;
        } else {
            memcpy(piece, from, n);
            if (*from < 0x20 || *from == 0x7F) piece[0] = ' ';
        }
        if (n_out + n >= size) break;
        memcpy(out + n_out, piece, n);
        n_out += n;
        from += n_from;
    }
    out[n_out] = '\0';
    return *from == '\0';
}

size_t kr__utf8_border(const char *text, size_t n) {
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
    return n;
}
