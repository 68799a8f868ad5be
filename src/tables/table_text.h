/* SPDX-License-Identifier: MIT
 * table_text.h - the bytes of a table as UTF-8 text with lines that end in \n. */
#ifndef KR_TABLE_TEXT_H
#define KR_TABLE_TEXT_H

#include <kr/base.h>

typedef enum kr__encoding { KR__UTF8, KR__UTF16LE, KR__UTF16BE, KR__CP1252 } kr__encoding;

/* Bytes of text that are read at once, unless the limit of packed files is higher. */
#define KR__LONGEST_TEXT ((size_t)4 << 30)

typedef struct kr__table_text {
    const char *text; /* size bytes of UTF-8, no zero among them, without a byte order mark */
    size_t size;
    kr__encoding encoding; /* that it had */
    bool has_cr_lines;     /* lines ended in a carriage return alone */
    uint8_t *own;          /* the memory, unless it is that of the bytes */
} kr__table_text;

/* gzip is unpacked, to max_bytes at most. UTF-16 is recognised by its mark or by its zero bytes;
 * what is no UTF-8 is taken for Windows-1252, of which Latin-1 is a part. KR_FORMAT: a byte that
 * neither of them has, a zero byte, an odd half of UTF-16, or UTF-8 with bytes among it that are
 * none. name is what sentences call the file; bytes stay where they are as long as the text lives.
 * On failure *out is empty. */
kr_status kr__table_text_open(const char *name, const uint8_t *bytes, size_t n_bytes,
                              size_t max_bytes, kr__table_text *out, kr_error *err);
/* The same of a part of a file, which is not packed; line is that of its first byte. */
kr_status kr__table_text_decode(const char *name, int64_t line, const uint8_t *bytes,
                                size_t n_bytes, kr__table_text *out, kr_error *err);
void kr__table_text_close(kr__table_text *text);

/* Behind the bytes from p on that are ASCII. */
const uint8_t *kr__skip_ascii(const uint8_t *p, const uint8_t *end);
/* Line feeds from one place of a text to another. */
int64_t kr__count_newlines(const char *from, const char *end);

/* "UTF-8", "UTF-16", "Windows-1252". */
const char *kr__encoding_name(kr__encoding encoding);

#endif
