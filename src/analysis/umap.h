/* SPDX-License-Identifier: MIT
 * umap.h - the settings of `krait umap`. The map itself is in kr/points.h. */
#ifndef KR_UMAP_H
#define KR_UMAP_H

#include "core/flags.h"

KR_BEGIN_DECLS

/* The settings of krait umap; fields named as the flags in umap_flags.inc. */
typedef struct kr_umap_config {
#define KR_FLAG_LIST "analysis/umap_flags.inc"
#include "core/flags.inc"
} kr_umap_config;
const kr_flag_table *kr__umap_flags(void);
/* The same as a handle (kr/settings.h). */
kr_status kr__umap_settings_create(kr_settings **out, kr_error *err);

KR_END_DECLS

#endif
