/* SPDX-License-Identifier: MIT
 * xlsx_internal.h - the parts of a workbook that cells refer to. */
#ifndef KR_XLSX_INTERNAL_H
#define KR_XLSX_INTERNAL_H

#include "files/xml.h"
#include "tables/xlsx.h"

/* What the number of a cell means by its format. */
typedef enum kr__xlsx_kind { KR__XLSX_NUMBER, KR__XLSX_DATE, KR__XLSX_TIME } kr__xlsx_kind;

typedef struct kr__xlsx_book {
    kr__zip *zip;
    bool is_from_1904; /* day 0 is 1904-01-01 */
    /* Texts that cells name by number: text i is texts[text_end[i - 1] .. text_end[i]). */
    char *texts;
    size_t n_bytes, bytes_room;
    size_t *text_end;
    size_t n_texts, texts_room;
    uint8_t *kinds; /* (n_kinds) kr__xlsx_kind of each cell style */
    size_t n_kinds, kinds_room;
} kr__xlsx_book;

/* Of xl/sharedStrings.xml and xl/styles.xml, which a workbook need not have. */
kr_status kr__xlsx_read_texts(kr__xlsx_book *book, kr_error *err);
kr_status kr__xlsx_read_kinds(kr__xlsx_book *book, kr_error *err);
/* Of a number format such as "dd.mm.yyyy hh:mm". */
kr__xlsx_kind kr__xlsx_kind_of(const char *format);

/* The cells of the sheet in this member. */
kr_status kr__xlsx_read_sheet(kr__xlsx_book *book, const char *member, kr__made_text *made,
                              kr_error *err);

#endif
