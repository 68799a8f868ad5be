/* SPDX-License-Identifier: MIT
 * saved_map.h - a map in a file, with what krait umap must know of the columns of its points. */
#ifndef KRAIT_SAVED_MAP_H
#define KRAIT_SAVED_MAP_H

#include "points/umap_command.h"

kr_status saved_map_write(const char *path, const kr_umap *umap, const umap_data *data,
                          kr_error *err);
/* columns: of the coordinates that new points need; deinit them in any case. */
kr_status saved_map_open(const char *path, kr_umap **umap, umap_columns *columns, kr_error *err);

#endif
