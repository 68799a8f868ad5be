/* SPDX-License-Identifier: MIT
 * test_colors.c - ends and order of palettes and colour maps. */
#include <kr/plot.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"

static uint32_t packed(kr_color color) {
    return (uint32_t)lroundf(255 * color.red) << 16 | (uint32_t)lroundf(255 * color.green) << 8 |
           (uint32_t)lroundf(255 * color.blue);
}

static void colour_maps_have_their_published_ends(void **state) {
    (void)state;
    static const struct {
        kr_colormap map;
        uint32_t low, middle, high;
    } rows[] = {{KR_COLORMAP_VIRIDIS, 0x440154, 0x21908C, 0xFDE725},
                {KR_COLORMAP_MAGMA, 0x000004, 0xB63779, 0xFCFDBF},
                {KR_COLORMAP_BLUES, 0xF7FBFF, 0x6BAED6, 0x08306B},
                {KR_COLORMAP_RDBU_R, 0x053061, 0xF7F7F7, 0x67001F}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(packed(kr_colormap_color(rows[i].map, 0)), rows[i].low);
        assert_int_equal(packed(kr_colormap_color(rows[i].map, 0.5)), rows[i].middle);
        assert_int_equal(packed(kr_colormap_color(rows[i].map, 1)), rows[i].high);
        assert_int_equal(packed(kr_colormap_color(rows[i].map, -7)), rows[i].low);
        assert_int_equal(packed(kr_colormap_color(rows[i].map, 1e9)), rows[i].high);
    }
}

static void between_two_points_a_colour_is_interpolated(void **state) {
    (void)state;
    /* Halfway between 0xF7FBFF and 0xDEEBF7, the first of the eight parts of Blues. */
    kr_color color = kr_colormap_color(KR_COLORMAP_BLUES, 1.0 / 16);
    assert_true(fabsf(255 * color.red - (0xF7 + 0xDE) / 2.0f) < 1e-3f);
    assert_true(fabsf(255 * color.green - (0xFB + 0xEB) / 2.0f) < 1e-3f);
}

static void a_gap_is_grey(void **state) {
    (void)state;
    kr_color color = kr_colormap_color(KR_COLORMAP_VIRIDIS, (double)NAN);
    assert_true(color.red == color.green && color.green == color.blue && color.alpha == 1);
}

static void palettes_start_over(void **state) {
    (void)state;
    assert_int_equal(packed(kr_palette_color(KR_PALETTE_TAB10, 0)), 0x1F77B4);
    assert_int_equal(packed(kr_palette_color(KR_PALETTE_TAB10, 10)), 0x1F77B4);
    assert_int_equal(packed(kr_palette_color(KR_PALETTE_TAB10, -1)), 0x17BECF);
    assert_int_equal(packed(kr_palette_color(KR_PALETTE_OKABE_ITO, 0)), 0x0072B2);
    assert_int_equal(packed(kr_palette_color(KR_PALETTE_OKABE_ITO, 9)), 0xD55E00);
    assert_int_equal(packed(kr_palette_color(KR_PALETTE_PETROFF10, 10)), 0x3F90DA);
}

static void palettes_have_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        kr_palette palette;
    } rows[] = {{"tab10", KR_PALETTE_TAB10},
                {"petroff10", KR_PALETTE_PETROFF10},
                {"okabe-ito", KR_PALETTE_OKABE_ITO}};
    kr_palette palette;
    kr_error err = {.text = ""};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kr_palette_find(rows[i].name, &palette, &err), KR_OK);
        assert_int_equal(palette, rows[i].palette);
        assert_true(kr__text_is_choice(rows[i].name, KR_PALETTE_NAMES));
    }
    palette = KR_PALETTE_TAB10;
    assert_int_equal(kr_palette_find("okabe", &palette, &err), KR_USAGE);
    assert_int_equal(palette, KR_PALETTE_TAB10);
    assert_non_null(strstr(err.text, "okabe-ito"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colour_maps_have_their_published_ends),
        cmocka_unit_test(between_two_points_a_colour_is_interpolated),
        cmocka_unit_test(a_gap_is_grey),
        cmocka_unit_test(palettes_start_over),
        cmocka_unit_test(palettes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
