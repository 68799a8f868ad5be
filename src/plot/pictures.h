/* SPDX-License-Identifier: MIT
 * pictures.h - what the pictures of kr/figures.h have in common. */
#ifndef KR_PICTURES_H
#define KR_PICTURES_H

#include <kr/figures.h>

#include "core/sized_struct.h"

/* Save unless building has failed, and destroy. */
kr_status kr__picture_finish(kr_figure *figure, const char *path, kr_error *err);

/* Converts an array of n structs from the caller's version to this one's, `size` bytes each; free
 * it with kr_free. Fails as kr__sized_take() does; KR_MEMORY. */
kr_status kr__pictures_take(const char *name, const void *from, int64_t n, size_t size, void **to,
                            kr_error *err);

#endif
