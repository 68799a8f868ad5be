/* SPDX-License-Identifier: MIT
 * gates_command.h - what the parts of `krait gates` share. */
#ifndef KRAIT_GATES_COMMAND_H
#define KRAIT_GATES_COMMAND_H

#include <cjson/cJSON.h>

#include <kr/nextstep.h>
#include <kr/plot.h>

#include "core/flags.h"
#include "framework/command.h"
#include "framework/look.h"

enum { GATES_PATH_SIZE = KR_FLAG_TEXT + 64 };

/* Fields named as the flags in gates_flags.inc. */
typedef struct gates_config {
#define KR_FLAG_LIST "nextstep/gates_flags.inc"
#include "core/flags.inc"
} gates_config;

typedef struct gates_request {
    command_call call;
    gates_config config;
} gates_request;

/* Chosen windows, and the numbers of their gates as a list; list NULL: not wanted.
 * gates_windows.c */
kr_status gates_run_windows(const gates_request *request, const look *l, cJSON *list,
                            kr_error *err);

/* A UMAP of each kind of gate and layer; the figures as a list. gates_maps.c */
kr_status gates_run_maps(const gates_request *request, const look *l, cJSON *list, kr_error *err);

#endif
