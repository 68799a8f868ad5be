/* SPDX-License-Identifier: MIT
 * dimension_command.h - between the files of krait dimension: what was asked, what was found. */
#ifndef KRAIT_DIMENSION_COMMAND_H
#define KRAIT_DIMENSION_COMMAND_H

#include <kr/plot.h>
#include <kr/points.h>

#include "core/flags.h"
#include "framework/command.h"

enum { DIMENSION_MOST_K = 64 };

/* Fields named as the flags in dimension_flags.inc. */
typedef struct dimension_config {
#define KR_FLAG_LIST "points/dimension_flags.inc"
#include "core/flags.inc"
} dimension_config;

typedef struct k_list {
    int64_t n, k[DIMENSION_MOST_K];
} k_list;

typedef struct dimension_request {
    command_call call;
    dimension_config config;
    kr_lb_form form;
    k_list k, class_k;
} dimension_request;

/* Free the arrays with dimension_result_deinit(). */
typedef struct dimension_result {
    const char *path; /* of the data */
    int64_t n_all, n, dim;
    k_list k, class_k;
    double estimate[DIMENSION_MOST_K], two_nn; /* NaN: not wanted, or none */
    bool is_approximate;                       /* the neighbours */
    int64_t n_classes;
    int64_t *name;    /* (n_classes) the number that stands in the data */
    int64_t *period;  /* (n_classes) of a circle; NULL: the classes are no circles */
    int64_t *count;   /* (n_classes) points that were looked at */
    double *by_class; /* (n_classes, class_k.n), NaN: too few points */
} dimension_result;

/* The tables, line by line as the original prints them. */
void dimension_print(const dimension_request *request, const dimension_result *r, FILE *out);
/* --json: on standard output; --out FILE. */
kr_status dimension_print_json(const dimension_request *request, const dimension_result *r,
                               double seconds, kr_error *err);
kr_status dimension_write(const dimension_request *request, const dimension_result *r,
                          kr_error *err);
/* KR_USAGE when FILE is neither .csv nor .json. */
kr_status dimension_check_ending(const char *path, kr_error *err);

#endif
