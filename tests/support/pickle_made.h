/* SPDX-License-Identifier: MIT
 * pickle_made.h - pickles and zip files put together by hand, for tests of their readers. */
#ifndef KR_PICKLE_MADE_H
#define KR_PICKLE_MADE_H

#include <stddef.h>
#include <stdint.h>

typedef struct made {
    uint8_t bytes[16384];
    size_t n;
} made;

/* Append raw bytes, a C string of opcodes, a pickled text, a pickled number from 0 to 65535. */
void made_raw(made *m, const void *bytes, size_t n);
void made_code(made *m, const char *code);
void made_text(made *m, const char *text);
void made_int(made *m, int value);
/* A pickled float32 tensor: a call of _rebuild_tensor_v2 with storage `key` of n elements. */
void made_tensor(made *m, const char *key, int n, int offset, int rank, const int *shape,
                 const int *stride);

typedef struct made_member {
    const char *name;
    const void *bytes;
    size_t n_bytes;
} made_member;

/* A stored zip file of n members in memory; free it with kr_free. */
uint8_t *made_zip(const made_member *members, int n, size_t *n_bytes);

#endif
