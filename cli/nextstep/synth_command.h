/* SPDX-License-Identifier: MIT
 * synth_command.h - what the parts of `krait synth` share. */
#ifndef KRAIT_SYNTH_COMMAND_H
#define KRAIT_SYNTH_COMMAND_H

#include <stdio.h>

#include <kr/plot.h>
#include <kr/series.h>

#include "core/flags.h"
#include "framework/command.h"

enum { SYNTH_PATH_SIZE = KR_FLAG_TEXT + 64 };

/* Fields named as the flags in synth_flags.inc. */
typedef struct synth_config {
#define KR_FLAG_LIST "nextstep/synth_flags.inc"
#include "core/flags.inc"
} synth_config;

typedef struct synth_request {
    command_call call;
    synth_config config;
    const char *data_dir, *save_dir, *out;
    bool has_map;
} synth_request;

/* All figures. synth_draw.c */
kr_status synth_draw(const synth_request *request, const kr_synth *synth, kr_error *err);

/* The summary: circles, entry angles, transitions. synth_tables.c */
void synth_print_tables(const kr_synth *synth, FILE *out);

#endif
