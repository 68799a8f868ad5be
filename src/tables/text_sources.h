/* SPDX-License-Identifier: MIT
 * text_sources.h - files that are tables, but no comma-separated text: they are turned into it. */
#ifndef KR_TEXT_SOURCES_H
#define KR_TEXT_SOURCES_H

#include <kr/team.h>

#include "tables/made_text.h"

/* Is it a sheet of Excel or JSON, by its name? Then *made is its text; free made->text with
 * kr_free. Rows are counted from *first_line, 0: behind the line of names. sheet, team: see xlsx.h;
 * a sheet of anything but a workbook is refused. */
kr_status kr__text_source_read(const char *path, const char *sheet, kr_team *team, bool *is_made,
                               kr__made_text *made, int64_t *first_line, kr_error *err);

#endif
