/* SPDX-License-Identifier: MIT
 * simulate_command.h - between the files of krait simulate. */
#ifndef KRAIT_SIMULATE_COMMAND_H
#define KRAIT_SIMULATE_COMMAND_H

#include <kr/simulate.h>

#include "core/flags.h"
#include "framework/command.h"

/* Fields named as the flags in simulate_flags.inc. */
typedef struct simulate_config {
#define KR_FLAG_LIST "simulate/simulate_flags.inc"
#include "core/flags.inc"
} simulate_config;

typedef struct simulate_request {
    command_call call;
    simulate_config config;
    int64_t season; /* of all series, where --seasons has one entry: they share a frequency; or 0 */
} simulate_request;

/* What was drawn. */
typedef struct simulated_panel {
    int64_t n, length, first;
    double *values;     /* (n, length) */
    kr_simulated *what; /* (n) */
} simulated_panel;

/* Frequency and start of a series. simulate_dates.c */
typedef struct simulate_dates {
    const char *frequency; /* "month", "15 minutes" */
    int64_t start;         /* microseconds since 1970 */
    int64_t months, step;  /* of a step: months, or microseconds */
} simulate_dates;

/* As season (0: none) and length suggest; the start is drawn from seed and number. */
simulate_dates simulate_dates_of(int64_t season, int64_t length, uint64_t seed, int64_t index);
/* The date of step t. */
int64_t simulate_date(const simulate_dates *dates, int64_t t);

/* simulate_write.c: KR_USAGE for an ending that it does not know. */
kr_status simulate_check_ending(const char *path, kr_error *err);
kr_status simulate_write(const simulate_request *request, const simulated_panel *panel,
                         kr_error *err);
kr_status simulate_write_about(const simulate_request *request, const simulated_panel *panel,
                               kr_error *err);

/* The sheet, of the families of these options. simulate_figure.c */
kr_status simulate_draw(const simulate_request *request, const kr_simulate_options *options,
                        kr_error *err);

#endif
