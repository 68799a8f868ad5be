/* SPDX-License-Identifier: MIT
 * fuzz_xlsx.c - a workbook out of any bytes: of PK.. itself; else of the XML of its sheet, its
 * texts and its styles, with a byte 1 between them. What was read is text that a table is read
 * from. */
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "core/arena.h"
#include "support/fuzz_array.h"
#include "tables/xlsx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void read_book(const uint8_t *bytes, size_t n_bytes) {
    kr__made_text made = {0};
    kr_error err = {0};
    kr_status status = kr__xlsx_read_bytes("fuzz.xlsx", bytes, n_bytes, &made, &err);
    require(status == KR_OK ? made.n > 0 && !made.is_within_line : err.text[0] && !made.text);
    kr_free(made.text);
}

static void add(zip_t *zip, const char *name, const void *bytes, size_t n) {
    zip_source_t *s = zip_source_buffer(zip, bytes, n, 0);
    zip_int64_t i = zip_file_add(zip, name, s, 0);
    require(i >= 0 && zip_set_file_compression(zip, (zip_uint64_t)i, ZIP_CM_STORE, 0) == 0);
}

static void add_parts(zip_t *zip, const uint8_t *bytes, size_t n_bytes) {
    static const char *const names[] = {"xl/s.xml", "xl/sharedStrings.xml", "xl/styles.xml"};
    static const char book[] = "<w><sheets><sheet name='a' id='r'/></sheets></w>";
    static const char relations[] =
        "<R><Relationship Id='r' Type='/worksheet' Target='s.xml'/></R>";
    add(zip, "xl/workbook.xml", book, sizeof book - 1);
    add(zip, "xl/_rels/workbook.xml.rels", relations, sizeof relations - 1);
    for (int i = 0; i < 3 && n_bytes > 0; i++) {
        const uint8_t *end = i < 2 ? memchr(bytes, 1, n_bytes) : NULL;
        size_t n = end ? (size_t)(end - bytes) : n_bytes;
        add(zip, names[i], bytes, n);
        n_bytes -= n + (end != NULL);
        bytes += n + (end != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    zip_error_t error;
    zip_stat_t size;
    if (n_bytes >= 2 && memcmp(bytes, "PK", 2) == 0) {
        read_book(bytes, n_bytes);
        return 0;
    }
    zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &error);
    require(out != NULL);
    zip_source_keep(out);
    zip_t *zip = zip_open_from_source(out, ZIP_TRUNCATE, &error);
    require(zip != NULL);
    add_parts(zip, bytes, n_bytes);
    require(zip_close(zip) == 0 && zip_source_stat(out, &size) == 0 && zip_source_open(out) == 0);
    uint8_t *book = malloc((size_t)size.size);
    require(book && zip_source_read(out, book, size.size) == (zip_int64_t)size.size);
    zip_source_close(out);
    zip_source_free(out);
    read_book(book, (size_t)size.size);
    free(book);
    return 0;
}
