/* SPDX-License-Identifier: MIT
 * settings_view.h - settings inside the library: the owner of a list makes handles of it, and sees
 * their values as its structure. */
#ifndef KR_SETTINGS_VIEW_H
#define KR_SETTINGS_VIEW_H

#include <kr/settings.h>

#include "core/flags.h"

/* Of the table, at their defaults. It must stay. */
kr_status kr__settings_create(const kr_flag_table *table, kr_settings **out, kr_error *err);

/* The table's structure, as long as the settings live and are not set. KR_USAGE: settings of
 * another list. */
kr_status kr__settings_values(const kr_settings *settings, const kr_flag_table *table,
                              const void **values, kr_error *err);

#endif
