/* SPDX-License-Identifier: MIT
 * picture.h - does a figure's file hold what it should? For cmocka tests. */
#ifndef KR_TEST_PICTURE_H
#define KR_TEST_PICTURE_H

#include <kr/base.h>

/* The PNG is there, of this size (0: any), more than 50 dots of the colour 0xRRGGBB lie in it, and
 * it is drawn as it was (drawn.h). Removes it. */
void kr_expect_picture(const char *path, int width, int height, uint32_t color);
/* make() draws a figure into path. Each allocation before it is drawn fails once, and that is said.
 */
void kr_expect_memory(kr_status (*make)(const char *path, kr_error *err));
/* How far the dots of this colour reach from left to right and from top to bottom. */
void kr_measure_picture(const char *path, uint32_t color, int *width, int *height);

#endif
