/* SPDX-License-Identifier: MIT
 * generate_command.h - what the parts of `krait generate` share. */
#ifndef KRAIT_GENERATE_COMMAND_H
#define KRAIT_GENERATE_COMMAND_H

#include <kr/generate.h>
#include <kr/plot.h>

#include "framework/command.h"

typedef struct generate_request {
    command_call call;
    kr_generate_config config;
    bool is_stream;
} generate_request;

/* Forecasts for observations that come on standard input, line by line; then, with --gen_len, as
 * many generated steps. generate_stream.c */
kr_status generate_stream(const generate_request *request, const kr_mamba *model, kr_error *err);

#endif
