/* SPDX-License-Identifier: MIT
 * settings_of.h - a structure of settings as the handle that the library takes. */
#ifndef KR_TEST_SETTINGS_OF_H
#define KR_TEST_SETTINGS_OF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <kr/settings.h>

#include "core/arena.h"
#include "core/flags.h"
#include "nextstep/nextstep_config.h"

/* Destroy with kr_settings_destroy. A failure fails the test. */
static inline kr_settings *settings_of(kr_status (*create)(kr_settings **out, kr_error *err),
                                       const kr_flag_table *table, const void *config) {
    kr_settings *settings = NULL;
    char *json = NULL;
    assert_int_equal(create(&settings, NULL), KR_OK);
    assert_int_equal(kr__flags_to_json(table, config, &json, NULL), KR_OK);
    assert_int_equal(kr_settings_from_json(settings, json, strlen(json), NULL), KR_OK);
    kr_free(json);
    return settings;
}

#define NEXTSTEP_SETTINGS(config)                                                                  \
    settings_of(kr_nextstep_settings_create, kr__nextstep_flags(), config)
#define SYNTH_SETTINGS(config) settings_of(kr_synth_settings_create, kr__synth_flags(), config)

#endif
