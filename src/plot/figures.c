/* SPDX-License-Identifier: MIT
 * figures.c - the end of every picture, and arrays of structs from the caller. */

#include "core/arena.h"
#include "plot/pictures.h"

kr_status kr__picture_finish(kr_figure *figure, const char *path, kr_error *err) {
    kr_status status = kr_figure_save(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

/* The first element's size is the distance between elements. */
kr_status kr__pictures_take(const char *name, const void *from, int64_t n, size_t size, void **to,
                            kr_error *err) {
    char *all = kr__calloc((size_t)(n > 0 ? n : 1), size);
    size_t step = 0;
    kr_status status = KR_OK;
    if (!all) return kr_fail(err, KR_MEMORY, "no memory for %lld of %s", (long long)n, name);
    if (n > 0) memcpy(&step, from, sizeof step);
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        status = kr__sized_take(name, (const char *)from + (size_t)i * step, all + (size_t)i * size,
                                size, err);
    }
    if (status == KR_OK) {
        *to = all;
    } else {
        kr_free(all);
    }
    return status;
}
