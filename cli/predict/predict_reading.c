/* SPDX-License-Identifier: MIT
 * predict_reading.c - how the flags of krait predict say that tables are read. */
#include <string.h>

#include "predict/predict_command.h"

#define KR_READING_OWNER predict_config
#include "tables/take_reading.inc"

kr_rows_options predict_reading(const predict_config *config) {
    kr_rows_options how = take_reading(config);
    how.shard = config->shard;
    return how;
}
