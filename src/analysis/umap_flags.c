/* SPDX-License-Identifier: MIT
 * umap_flags.c - the settings of krait umap as a table. */

#include "analysis/umap.h"
#include "core/settings_view.h"

#define KR_FLAG_OWNER kr_umap_config
#define KR_FLAG_NAME "umap"
#define KR_FLAG_LIST "analysis/umap_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

const kr_flag_table *kr__umap_flags(void) { return &table; }

kr_status kr__umap_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}
