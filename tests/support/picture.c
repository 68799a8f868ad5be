/* SPDX-License-Identifier: MIT
 * picture.c - a PNG read back. */
#include "support/picture.h"

#include <cairo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "support/drawn.h"

void kr_expect_picture(const char *path, int width, int height, uint32_t color) {
    kr_expect_drawn(path);
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    int w = cairo_image_surface_get_width(surface), h = cairo_image_surface_get_height(surface);
    if (width > 0) assert_int_equal(w, width);
    if (height > 0) assert_int_equal(h, height);
    const uint8_t *bytes = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    int n = 0;
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            uint32_t dot;
            memcpy(&dot, bytes + (size_t)y * stride + 4 * (size_t)x, sizeof dot);
            n += (dot & 0xFFFFFF) == color;
        }
    }
    assert_true(n > 50);
    cairo_surface_destroy(surface);
    remove(path);
}

void kr_measure_picture(const char *path, uint32_t color, int *width, int *height) {
    kr_expect_drawn(path);
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    int w = cairo_image_surface_get_width(surface), h = cairo_image_surface_get_height(surface);
    const uint8_t *bytes = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    int left = w, right = 0, top = h, bottom = 0;
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            uint32_t dot;
            memcpy(&dot, bytes + (size_t)y * stride + 4 * (size_t)x, sizeof dot);
            if ((dot & 0xFFFFFF) != color) continue;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y > bottom ? y : bottom;
        }
    }
    *width = right - left;
    *height = bottom - top;
    cairo_surface_destroy(surface);
    remove(path);
}

void kr_expect_memory(kr_status (*make)(const char *path, kr_error *err)) {
    kr_error err = {.text = ""};
    uint64_t n = 0, before = kr__alloc_count();
    kr__alloc_fail_at(UINT64_MAX);
    assert_int_equal(make("picture.none", &err), KR_USAGE); /* after it was made */
    const uint64_t n_allocs = kr__alloc_count() - before;
    assert_true(n_allocs > 0);
    while (n < n_allocs) {
        kr__alloc_fail_at(++n);
        const int64_t blocks = kr__alloc_in_use();
        err.text[0] = '\0';
        kr_status status = make("no/folder/picture.svg", &err);
        kr__alloc_fail_at(0);
        const int n_lost = (int)(kr__alloc_in_use() - blocks);
        if (status != KR_MEMORY || !*err.text || n_lost != 0)
            fail_msg("allocation %d of %d: %d, %d blocks are lost: %s", (int)n, (int)n_allocs,
                     (int)status, n_lost, err.text);
    }
}
