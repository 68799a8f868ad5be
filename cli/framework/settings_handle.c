/* SPDX-License-Identifier: MIT
 * settings_handle.c - settings from the structure to the handle, one by one. */
#include "framework/settings_handle.h"
#include "core/flags.h"

kr_status settings_handle(kr_status (*create)(kr_settings **out, kr_error *err),
                          const kr_flag_table *table, const void *config, kr_settings **out,
                          kr_error *err) {
    char text[KR_SETTING_SIZE];
    kr_settings *settings = NULL;
    KR_TRY(create(&settings, err));
    kr_status status = KR_OK;
    for (int i = 0; i < table->count && status == KR_OK; i++) {
        kr__flag_get(&table->flags[i], config, text, sizeof text);
        status = kr_settings_set(settings, table->flags[i].name, text, err);
    }
    if (status == KR_OK) {
        *out = settings;
    } else {
        kr_settings_destroy(settings);
    }
    return status;
}
