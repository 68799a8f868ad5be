/* SPDX-License-Identifier: MIT
 * umap_flags.c - the settings of krait umap as a table. */
#include <kr/umap.h>

#define KR_FLAG_OWNER kr_umap_config
#define KR_FLAG_LIST <kr/umap_flags.inc>
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

const kr_flag_table *kr_umap_flags(void) { return &table; }
