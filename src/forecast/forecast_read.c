/* SPDX-License-Identifier: MIT
 * forecast_read.c - the rows that the settings of a forecaster name. */
#include <stdio.h>
#include <string.h>

#include "forecast/forecast_config.h"
#include "forecast/forecast_parts.h"

kr_status kr__forecast_read(kr_team *team, const kr_forecast_config *config, kr_rows **out,
                            kr_error *err) {
    char path[2 * KR_FORECAST_TEXT + 2];
    size_t n = strlen(config->root_path);
    bool needs_slash = n > 0 && config->root_path[n - 1] != '/';
    bool is_folder = strcmp(config->data, "m4") == 0; /* its files have fixed names */
    snprintf(path, sizeof path, "%s%s%s", config->root_path, needs_slash && !is_folder ? "/" : "",
             is_folder ? "" : config->data_path);
    kr_dataset_config data = kr__forecast_parts_data(config);
    data.path = path;
    return kr__dataset_read(team, &data, out, err);
}

bool kr__forecast_reads_alike(const kr_forecast_config *a, const kr_forecast_config *b) {
    const char *const of_a[] = {a->data,      a->root_path,    a->data_path,        a->gaps,
                                a->id_column, a->drop_columns, a->seasonal_patterns};
    const char *const of_b[] = {b->data,      b->root_path,    b->data_path,        b->gaps,
                                b->id_column, b->drop_columns, b->seasonal_patterns};
    for (size_t i = 0; i < sizeof of_a / sizeof of_a[0]; i++) {
        if (strcmp(of_a[i], of_b[i]) != 0) return false;
    }
#define KR_STR(group, name, default_value, choices, word, traits, help)                            \
    if (strcmp(a->name, b->name) != 0) return false;
#define KR_INT(group, name, default_value, low, high, word, traits, help)                          \
    if (a->name != b->name) return false;
#include "tables/reading_flags.inc"
#undef KR_STR
#undef KR_INT
    return true;
}
