/* SPDX-License-Identifier: MIT
 * forecast_command.h - what the parts of `krait forecast` share. */
#ifndef KRAIT_FORECAST_COMMAND_H
#define KRAIT_FORECAST_COMMAND_H

#include "fit/fit_figures.h"

/* Fields named as the flags in forecast_command_flags.inc. */
typedef struct forecast_config {
#define KR_FLAG_LIST "forecast/forecast_command_flags.inc"
#include "core/flags.inc"
} forecast_config;

typedef struct forecast_request {
    command_call call;
    forecast_config config;
    const char *data; /* NULL: rows come from standard input alone */
    bool is_stream, has_quantiles;
} forecast_request;

/* forecast_run.c: the whole command, once its flags are read. */
kr_status forecast_run(const forecast_request *request, kr_error *err);

/* forecast_stream.c: the first rows of standard input, as many as show their step, two where there
 * are dates, and a value of each column. KR_INTERRUPTED; rows that were read belong to the caller
 * also then. */
kr_status forecast_first_rows(const kr_fit_config *config, predict_input *input, kr_rows **out,
                              kr_error *err);

#endif
