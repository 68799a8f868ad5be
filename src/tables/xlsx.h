/* SPDX-License-Identifier: MIT
 * xlsx.h - a sheet of an Excel workbook as comma-separated text. Source: ECMA-376, part 1. */
#ifndef KR_XLSX_H
#define KR_XLSX_H

#include <kr/team.h>

#include "tables/made_text.h"

/*
 * kr__xlsx_read() - the cells of one sheet, line by line: the first line of text is row 1 of the
 * sheet, so that a line's number is the row's. Columns that are empty on the left are left out.
 *
 * sheet: its name, or its number from 1; NULL: the first one that is not hidden, which the team's
 * log says where there are others. Numbers are as stored: of 12.5 % 0.125. Cells with the format of
 * a date become 2024-01-31 or 2024-01-31 12:00:00, those of a time of day 12:00:00; formulas are
 * their last values; TRUE, FALSE, and errors (#N/A) are texts.
 *
 * KR_FORMAT: no workbook, or a damaged one; an old .xls, or one with a password. KR_USAGE: there is
 * no such sheet. On failure *made holds nothing.
 */
kr_status kr__xlsx_read(const char *path, const char *sheet, kr_team *team, kr__made_text *made,
                        kr_error *err);
/* The first sheet of a workbook in memory; name is what sentences call it. */
kr_status kr__xlsx_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                              kr__made_text *made, kr_error *err);

#endif
