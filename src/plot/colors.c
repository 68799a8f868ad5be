/* SPDX-License-Identifier: MIT
 * colors.c - palettes and colour maps, interpolated from their published control points.
 *
 * Okabe-Ito: M. Okabe, K. Ito, "Color Universal Design", 2008. tab10: the ten category colours of
 * Tableau. petroff10: M. A. Petroff, "Accessible Color Sequences for Data Visualization",
 * arXiv:2107.02270, 2021, the sequence of ten. viridis and magma: S. van der Walt, N. Smith, E.
 * Firing, 2015, CC0; 33 of their 256 entries, which lie within 0.007 of the full table. Blues and
 * RdBu: ColorBrewer, Apache License 2.0: this product includes color specifications and designs
 * developed by Cynthia Brewer (http://colorbrewer.org/). */
#include <kr/plot.h>
#include <math.h>
#include <string.h>

#include "core/text.h"

static const uint32_t okabe_ito[] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                     0xE69F00, 0x56B4E9, 0x000000, 0xF0E442};

static const uint32_t tab10[] = {0x1F77B4, 0xFF7F0E, 0x2CA02C, 0xD62728, 0x9467BD,
                                 0x8C564B, 0xE377C2, 0x7F7F7F, 0xBCBD22, 0x17BECF};

static const uint32_t petroff10[] = {0x3F90DA, 0xFFA90E, 0xBD1F01, 0x94A4A2, 0x832DB6,
                                     0xA96B59, 0xE76300, 0xB9AC70, 0x717581, 0x92DADD};

static const uint32_t viridis[] = {
    0x440154, 0x470D60, 0x48186A, 0x482374, 0x472D7B, 0x453681, 0x424086, 0x3F4989, 0x3B528B,
    0x375A8D, 0x33638D, 0x2F6A8E, 0x2C728E, 0x297A8E, 0x26818E, 0x23898E, 0x21908C, 0x1F988B,
    0x1F9F88, 0x21A685, 0x28AE80, 0x31B57B, 0x3EBC74, 0x4CC26C, 0x5DC963, 0x6ECE58, 0x82D34C,
    0x96D83F, 0xABDC32, 0xC0DF24, 0xD5E21A, 0xEAE51A, 0xFDE725};

static const uint32_t magma[] = {
    0x000004, 0x030311, 0x0A0822, 0x130D33, 0x1D1146, 0x28115A, 0x36106A, 0x430F76, 0x50127C,
    0x5D177F, 0x691C81, 0x762181, 0x822681, 0x8F2A81, 0x9C2E7F, 0xA9327D, 0xB63779, 0xC33B75,
    0xCF4170, 0xDB486A, 0xE65163, 0xEE5C5E, 0xF5695C, 0xF9785D, 0xFB8761, 0xFD9668, 0xFEA571,
    0xFEB47B, 0xFEC387, 0xFED194, 0xFDE0A2, 0xFCEEB0, 0xFCFDBF};

static const uint32_t blues[] = {0xF7FBFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6,
                                 0x4292C6, 0x2171B5, 0x08519C, 0x08306B};

static const uint32_t rdbu_r[] = {0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xF7F7F7,
                                  0xFDDBC7, 0xF4A582, 0xD6604D, 0xB2182B, 0x67001F};

typedef struct table {
    const uint32_t *rgb;
    int n;
} table;

#define TABLE(array)                                                                               \
    { array, (int)(sizeof array / sizeof array[0]) }

static const table palettes[] = {[KR_PALETTE_OKABE_ITO] = TABLE(okabe_ito),
                                 [KR_PALETTE_TAB10] = TABLE(tab10),
                                 [KR_PALETTE_PETROFF10] = TABLE(petroff10)};

static const table colormaps[] = {[KR_COLORMAP_VIRIDIS] = TABLE(viridis),
                                  [KR_COLORMAP_MAGMA] = TABLE(magma),
                                  [KR_COLORMAP_BLUES] = TABLE(blues),
                                  [KR_COLORMAP_RDBU_R] = TABLE(rdbu_r)};

kr_color kr_color_rgb(uint32_t rgb) {
    return (kr_color){(float)(rgb >> 16 & 255) / 255.0f, (float)(rgb >> 8 & 255) / 255.0f,
                      (float)(rgb & 255) / 255.0f, 1.0f};
}

kr_color kr_palette_color(kr_palette palette, int64_t index) {
    const table *list = &palettes[palette];
    int64_t i = index % list->n;
    return kr_color_rgb(list->rgb[i < 0 ? i + list->n : i]);
}

kr_status kr_palette_find(const char *name, kr_palette *out, kr_error *err) {
    KR_TRY(kr__text_check_choice("palette", name, KR_PALETTE_NAMES, err));
    *out = strcmp(name, "tab10") == 0       ? KR_PALETTE_TAB10
           : strcmp(name, "petroff10") == 0 ? KR_PALETTE_PETROFF10
                                            : KR_PALETTE_OKABE_ITO;
    return KR_OK;
}

static float mix(float a, float b, float fraction) { return a + (b - a) * fraction; }

kr_color kr_colormap_color(kr_colormap colormap, double position) {
    if (isnan(position)) return kr_color_rgb(0xD9D9D9);
    const table *list = &colormaps[colormap];
    double at = fmin(fmax(position, 0), 1) * (list->n - 1);
    int i = (int)at;
    if (i >= list->n - 1) return kr_color_rgb(list->rgb[list->n - 1]);
    kr_color a = kr_color_rgb(list->rgb[i]), b = kr_color_rgb(list->rgb[i + 1]);
    float fraction = (float)(at - i);
    return (kr_color){mix(a.red, b.red, fraction), mix(a.green, b.green, fraction),
                      mix(a.blue, b.blue, fraction), 1.0f};
}
