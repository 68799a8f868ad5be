/* SPDX-License-Identifier: MIT
 * fuzz_xlsx.c - a workbook out of any bytes: of PK.. itself; else of the XML of its sheet, its
 * texts and its styles, with a byte 1 between them. What was read is text that a table is read
 * from. */
#include <string.h>

#include "core/arena.h"
#include "support/fuzz_array.h"
#include "support/pickle_made.h"
#include "tables/xlsx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void read_book(const uint8_t *bytes, size_t n_bytes) {
    kr__made_text text = {0};
    kr_error err = {0};
    kr_status status = kr__xlsx_read_bytes("fuzz.xlsx", bytes, n_bytes, &text, &err);
    require(status == KR_OK ? text.n > 0 && !text.is_within_line : err.text[0] && !text.text);
    kr_free(text.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    enum { FIXED = 2, PARTS = 3 };
    static const char book[] = "<w><sheets><sheet name='a' id='r'/></sheets></w>";
    static const char relations[] =
        "<R><Relationship Id='r' Type='/worksheet' Target='s.xml'/></R>";
    made_member members[FIXED + PARTS] = {
        {"xl/workbook.xml", book, sizeof book - 1},
        {"xl/_rels/workbook.xml.rels", relations, sizeof relations - 1},
        {.name = "xl/s.xml"},
        {.name = "xl/sharedStrings.xml"},
        {.name = "xl/styles.xml"}};
    int n = 0;
    size_t n_zip = 0;
    if (n_bytes >= 2 && memcmp(bytes, "PK", 2) == 0) {
        read_book(bytes, n_bytes);
        return 0;
    }
    for (; n < PARTS && n_bytes > 0; n++) {
        const uint8_t *end = n + 1 < PARTS ? memchr(bytes, 1, n_bytes) : NULL;
        size_t size = end ? (size_t)(end - bytes) : n_bytes, used = size + (end != NULL);
        members[FIXED + n].bytes = bytes;
        members[FIXED + n].n_bytes = size;
        bytes += used;
        n_bytes -= used;
    }
    uint8_t *zip = made_zip(members, FIXED + n, &n_zip);
    read_book(zip, n_zip);
    kr_free(zip);
    return 0;
}
