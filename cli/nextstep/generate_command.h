/* SPDX-License-Identifier: MIT
 * generate_command.h - what the parts of `krait generate` share. */
#ifndef KRAIT_GENERATE_COMMAND_H
#define KRAIT_GENERATE_COMMAND_H

#include <kr/nextstep.h>
#include <kr/plot.h>

#include "core/flags.h"
#include "framework/command.h"

/* Fields named as the flags in generate_flags.inc. */
typedef struct generate_config {
#define KR_FLAG_LIST "nextstep/generate_flags.inc"
#include "core/flags.inc"
} generate_config;

typedef struct generate_request {
    command_call call;
    generate_config config;
    bool is_stream;
} generate_request;

/* Open a stream with the noise and the bursts of config. generate_stream.c */
kr_status generate_open(const kr_nextstep *model, const generate_config *config,
                        kr_nextstep_stream **out, kr_error *err);

/* Forecasts for observations that arrive on standard input, line by line; then, with --gen_len, as
 * many generated steps. generate_stream.c */
kr_status generate_stream(const generate_request *request, const kr_nextstep *model, kr_error *err);

#endif
