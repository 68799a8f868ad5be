/* SPDX-License-Identifier: MIT
 * evaluate_command.h - what the parts of `krait evaluate` share. */
#ifndef KRAIT_EVALUATE_COMMAND_H
#define KRAIT_EVALUATE_COMMAND_H

#include <kr/nextstep.h>
#include <kr/plot.h>

#include "core/flags.h"
#include "framework/command.h"
#include "framework/look.h"

enum { EVALUATE_PATH_SIZE = KR_FLAG_TEXT + 64, EVALUATE_KS = 3 };
/* Neighbours of the dimension's estimates: 10, 30, 100. */
extern const int64_t evaluate_ks[EVALUATE_KS];

/* Fields named as the flags in evaluate_flags.inc. */
typedef struct evaluate_config {
#define KR_FLAG_LIST "nextstep/evaluate_flags.inc"
#include "core/flags.inc"
} evaluate_config;

typedef struct evaluate_request {
    command_call call;
    evaluate_config config;
} evaluate_request;

typedef enum source { SOURCE_INPUT, SOURCE_LAYER, SOURCE_OUTPUT, SOURCE_HIDDEN } source;

/* What one place of the model makes of the series, and what was found out about it. */
typedef struct representation {
    source source;
    int64_t layer;          /* from 0 */
    char name[32], key[32]; /* "Layer 2", "layer_2" */
    char label[160];        /* "Layer 2 (16D) → PCA 10D (96%)" */
    int64_t dim;            /* values of a step */
    char size[48];          /* of a step: "16D", or "16+16D" with the velocity */
    float *values;          /* (n_rows, dim); while they are taken (n_seen, dim) */
    double lb[EVALUATE_KS]; /* NaN: not known */
    int64_t pca_dim;        /* 0: the map is made of the values themselves */
    double pca_share;       /* of the variance that is left */
    float *map;             /* (n_mapped, 2); NULL: none */
    double silhouette;      /* of the values; NaN: not known */
    double map_silhouette;
} representation;

typedef struct evaluation {
    const evaluate_request *request;
    look look;
    int64_t n_rows, *rows;         /* steps whose values are looked at, rising */
    int64_t n_seen, *seen;         /* and those that these are made of; NULL: the same */
    int64_t n_mapped, *mapped;     /* of those (their numbers) the points of the maps */
    int64_t n_measured, *measured; /* and of the dimension */
    int64_t *states;               /* (n_mapped), or NULL */
    representation *list;          /* n_shown that were asked for, then the hidden ones */
    int64_t n, n_shown;
} evaluation;

/* evaluate_layers.c: the list; steps and values. */
kr_status evaluate_list_layers(evaluation *e, kr_error *err);
kr_status evaluate_collect(evaluation *e, kr_error *err);
void evaluate_release(evaluation *e);

/* evaluate_velocity.c: the steps whose values are needed; then these become those of the rows, each
 * with its change to the next step. */
kr_status evaluate_add_next_steps(evaluation *e, kr_error *err);
kr_status evaluate_add_velocity(evaluation *e, kr_error *err);

/* evaluate_measure.c */
kr_status evaluate_dimension(evaluation *e, kr_error *err);
bool evaluate_wants_maps(const evaluate_request *request);
/* PCA, map and silhouettes of one. */
kr_status evaluate_map(evaluation *e, representation *r, kr_error *err);

/* evaluate_figures.c: of representations first .. first + n - 1. */
kr_status evaluate_draw_grid(const evaluation *e, int64_t first, int64_t n, const char *title,
                             int64_t columns, const char *file, kr_error *err);
/* umap_KEY.png */
kr_status evaluate_draw_one(const evaluation *e, const representation *r, kr_error *err);

/* evaluate_report.c: the table; evaluation.json, whose text is given, too (free with kr_free); the
 * maps as a file. */
void evaluate_print_table(const evaluation *e, FILE *out);
kr_status evaluate_write_json(const evaluation *e, double started, char **text, kr_error *err);
kr_status evaluate_check_ending(const char *path, kr_error *err);
kr_status evaluate_write_maps(const evaluation *e, kr_error *err);

#endif
