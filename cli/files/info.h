/* SPDX-License-Identifier: MIT
 * info.h - what the parts of `krait info` share: one report, shown as text or as JSON. */
#ifndef KRAIT_INFO_H
#define KRAIT_INFO_H

#include <cjson/cJSON.h>

#include <kr/rows.h>

/* Each describes one file as a JSON object, which is the caller's then; print_ shows it as text.
 * The first entries are always path and kind. */
kr_status info_model(const char *path, cJSON **out, kr_error *err);
kr_status info_arrays(const char *path, cJSON **out, kr_error *err);
/* how: date_column and delimiter .. sheet of it. */
kr_status info_table(const char *path, const kr_rows_options *how, cJSON **out, kr_error *err);

#endif
