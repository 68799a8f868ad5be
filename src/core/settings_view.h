/* SPDX-License-Identifier: MIT
 * settings_view.h - settings inside the library: the owner of a list makes handles for it, and
 * reads their values as its structure. */
#ifndef KR_SETTINGS_VIEW_H
#define KR_SETTINGS_VIEW_H

#include <kr/settings.h>

#include "core/flags.h"

/* The table's settings at their defaults. The table must outlive them. */
kr_status kr__settings_create(const kr_flag_table *table, kr_settings **out, kr_error *err);

/* With the values of the table's structure, which are copied. */
kr_status kr__settings_from_values(const kr_flag_table *table, const void *values,
                                   kr_settings **out, kr_error *err);

/* The values as the table's structure, valid until the settings are changed or destroyed. KR_USAGE:
 * settings of another list. */
kr_status kr__settings_values(const kr_settings *settings, const kr_flag_table *table,
                              const void **values, kr_error *err);

#endif
