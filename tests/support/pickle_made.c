/* SPDX-License-Identifier: MIT
 * pickle_made.c - pickles and zip files put together by hand. */
#include "support/pickle_made.h"
#include "core/arena.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

/* No cmocka: fuzz targets use this too. */
static void require(bool is_true, const char *what) {
    if (is_true) return;
    fprintf(stderr, "pickle_made.c: %s\n", what);
    abort();
}

void made_raw(made *m, const void *bytes, size_t n) {
    require(m->n + n <= sizeof m->bytes, "the pickle is too long");
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

void made_code(made *m, const char *code) { made_raw(m, code, strlen(code)); }

void made_text(made *m, const char *text) {
    size_t n = strlen(text);
    const uint8_t front[5] = {'X', (uint8_t)(n & 255), (uint8_t)(n >> 8), 0, 0};
    made_raw(m, front, sizeof front);
    made_raw(m, text, n);
}

void made_int(made *m, int value) {
    const uint8_t code[3] = {'M', (uint8_t)(value & 255), (uint8_t)(value >> 8)};
    made_raw(m, code, sizeof code);
}

static void put_tuple(made *m, int n, const int *values) {
    made_code(m, "(");
    for (int i = 0; i < n; i++) made_int(m, values[i]);
    made_code(m, "t");
}

void made_tensor(made *m, const char *key, int n, int offset, int rank, const int *shape,
                 const int *stride) {
    made_code(m, "ctorch._utils\n_rebuild_tensor_v2\n((");
    made_text(m, "storage");
    made_code(m, "ctorch\nFloatStorage\n");
    made_text(m, key);
    made_text(m, "cuda:0");
    made_int(m, n);
    made_code(m, "tQ");
    made_int(m, offset);
    put_tuple(m, rank, shape);
    put_tuple(m, rank, stride);
    made_code(m,
              "\x89"
              "ccollections\nOrderedDict\n)RtR");
}

uint8_t *made_zip(const made_member *members, int n, size_t *n_bytes) {
    zip_source_t *built = zip_source_buffer_create(NULL, 0, 1, NULL);
    zip_t *archive = zip_open_from_source(built, ZIP_TRUNCATE, NULL);
    require(archive != NULL, "no archive");
    zip_source_keep(built);
    for (int i = 0; i < n; i++) {
        zip_source_t *source = zip_source_buffer(archive, members[i].bytes, members[i].n_bytes, 0);
        zip_int64_t at = zip_file_add(archive, members[i].name, source, 0);
        require(at >= 0, "a member cannot be added");
        zip_set_file_compression(archive, (zip_uint64_t)at, ZIP_CM_STORE, 0);
    }
    require(zip_close(archive) == 0, "the archive cannot be closed");
    zip_stat_t info;
    require(zip_source_stat(built, &info) == 0, "the archive has no size");
    uint8_t *bytes = kr__calloc((size_t)info.size, 1);
    bool good = bytes && zip_source_open(built) == 0 &&
                zip_source_read(built, bytes, info.size) == (zip_int64_t)info.size;
    require(good, "the archive cannot be read");
    zip_source_close(built);
    zip_source_free(built);
    *n_bytes = (size_t)info.size;
    return bytes;
}
