/* SPDX-License-Identifier: MIT
 * palette_option.c - the value of --palette. */
#include "framework/palette_option.h"

kr_status palette_given(const settings_given *given, kr_palette *palette, kr_error *err) {
    const char *name = settings_own(given, "palette");
    return kr_palette_find(name ? name : "tab10", palette, err);
}
