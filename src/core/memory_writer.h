/* SPDX-License-Identifier: MIT
 * memory_writer.h - a stream whose bytes stay in memory. In platform.c. */
#ifndef KR_MEMORY_WRITER_H
#define KR_MEMORY_WRITER_H

#include <stdio.h>

#include <kr/base.h>

typedef struct kr__memory_writer {
    FILE *stream; /* write here */
    char *text;
    size_t size;
} kr__memory_writer;

kr_status kr__memory_writer_open(kr__memory_writer *writer, kr_error *err);
/* Closes, also on failure (KR_MEMORY). *bytes is to be freed with kr_free. */
kr_status kr__memory_writer_commit(kr__memory_writer *writer, void **bytes, size_t *n_bytes,
                                   kr_error *err);

#endif
