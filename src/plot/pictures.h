/* SPDX-License-Identifier: MIT
 * pictures.h - what the pictures of kr/figures.h have in common. */
#ifndef KR_PICTURES_H
#define KR_PICTURES_H

#include <kr/figures.h>

#include "core/sized_struct.h"

/* Save unless building has failed, and destroy. */
kr_status kr__picture_finish(kr_figure *figure, const char *path, kr_error *err);

/* n structs in a row, as the caller's version has them, as an array of this version's, `size` bytes
 * each; free it with kr_free. As kr__sized_take(); KR_MEMORY. */
kr_status kr__pictures_take(const char *name, const void *from, int64_t n, size_t size, void **to,
                            kr_error *err);

#endif
