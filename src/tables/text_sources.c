/* SPDX-License-Identifier: MIT
 * text_sources.c - files that are tables, but no comma-separated text. */
#include "tables/text_sources.h"

#include "core/text.h"
#include "tables/json_lines.h"
#include "tables/xlsx.h"

bool kr__is_table_name(const char *path) {
    return kr__text_ends_in(path, KR__TABLE_ENDINGS "|.gz");
}

kr_status kr__text_source_read(const char *path, const char *sheet, kr_team *team, bool *is_made,
                               kr__made_text *made, int64_t *first_line, kr_error *err) {
    bool is_book = kr__text_ends_in(path, KR__BOOK_ENDINGS);
    *is_made = is_book || kr__text_ends_in(path, KR__OBJECT_ENDINGS);
    if (sheet && !is_book) {
        return kr_fail(err, KR_USAGE, "%s: is no workbook of Excel; leave `sheet` out", path);
    }
    if (is_book) return kr__xlsx_read(path, sheet, team, made, err);
    if (!*is_made) return KR_OK;
    *first_line = 1; /* objects have no line of names */
    return kr__json_lines_read(path, made, err);
}
