/* SPDX-License-Identifier: MIT
 * settings_handle.h - the program's structure of settings as the handle that the library takes. */
#ifndef KRAIT_SETTINGS_HANDLE_H
#define KRAIT_SETTINGS_HANDLE_H

#include <kr/settings.h>

#include "core/flags.h"

/* A handle made by `create`, with all that is in config, of that table. Destroy with
 * kr_settings_destroy. */
kr_status settings_handle(kr_status (*create)(kr_settings **out, kr_error *err),
                          const kr_flag_table *table, const void *config, kr_settings **out,
                          kr_error *err);

#endif
