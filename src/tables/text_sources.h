/* SPDX-License-Identifier: MIT
 * text_sources.h - files that are tables, but no comma-separated text: they are turned into it. */
#ifndef KR_TEXT_SOURCES_H
#define KR_TEXT_SOURCES_H

#include <kr/team.h>

#include "tables/made_text.h"

#define KR__BOOK_ENDINGS ".xlsx|.xlsm"
#define KR__OBJECT_ENDINGS ".json|.json.gz|.jsonl|.jsonl.gz|.ndjson|.ndjson.gz"
/* Of files that are tables. */
#define KR__TABLE_ENDINGS ".csv|.csv.gz|.tsv|.tsv.gz|" KR__BOOK_ENDINGS "|" KR__OBJECT_ENDINGS
/* Has it one of these, or is it packed with gzip? */
bool kr__is_table_name(const char *path);

/* Is it a sheet of Excel or JSON, by its name? Then *made is its text; free made->text with
 * kr_free. Rows are counted from *first_line, 0: behind the line of names. sheet, team: see xlsx.h;
 * a sheet of anything but a workbook is refused. */
kr_status kr__text_source_read(const char *path, const char *sheet, kr_team *team, bool *is_made,
                               kr__made_text *made, int64_t *first_line, kr_error *err);

#endif
