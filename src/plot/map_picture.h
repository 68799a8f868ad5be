/* SPDX-License-Identifier: MIT
 * map_picture.h - a map as one panel of a figure. */
#ifndef KR_MAP_PICTURE_H
#define KR_MAP_PICTURE_H

#include "plot/pictures.h"

/* One of style's maps. The legend is where the panel has it: see kr_legend. */
kr_status kr__map_panel(kr_panel *panel, const kr_maps *style, const kr_map *map, kr_legend legend,
                        kr_error *err);

#endif
