/* SPDX-License-Identifier: MIT
 * param_groups.h - which parameters are trained, and at which rate: groups as PyTorch's, found by
 * parts of the parameters' names. */
#ifndef KR_PARAM_GROUPS_H
#define KR_PARAM_GROUPS_H

#include "core/real.h"
#include "nn/params.h"
#include "train/optimiser.h"
#include "train/schedule.h"

typedef struct kr_param_group {
    /* Texts separated by commas: the group takes the parameters whose name contains one of them,
     * unless an earlier group has taken them. NULL: all. Borrowed; ends after n_parts bytes. */
    const char *parts;
    int64_t n_parts;
    kr_schedule schedule;
    double factor;  /* of the rate */
    bool is_frozen; /* parameters and moments stay as they are */
    /* For a frozen group. True: its parameters have no gradient, like PyTorch's with
     * requires_grad=False. False: their gradient is part of the norm. */
    bool has_no_gradient;
    const char *flag; /* in which a person named the parts, so that each must be found; or NULL */
} kr_param_group;

enum { KR_PARAM_GROUPS_MAX = 24 };
typedef struct kr_param_groups {
    kr_param_group list[KR_PARAM_GROUPS_MAX];
    int count;
} kr_param_groups;

/* Append a group. Its text must live as long. */
void kr__param_groups_add(kr_param_groups *groups, kr_param_group group);

/* The groups that two flags ask for: --freeze "part,part" and --lr_factors "part=factor,..", the
 * factors of schedule's rate. KR_USAGE names the flag. The texts are borrowed. */
kr_status kr__param_groups_parse(const char *freeze, const char *lr_factors,
                                 const kr_schedule *schedule, kr_param_groups *groups,
                                 kr_error *err);

/* group_of[i]: the group of parameter i. The last group must take all that are left. KR_USAGE: a
 * part that a person gave occurs in no name, or nothing is left to train. */
kr_status kr__param_groups_find(const kr_param_groups *groups, const kr_params *params,
                                int *group_of, kr_error *err);

double kr__param_group_rate(const kr_param_group *group, int64_t epoch);
/* Spans of the vector with their rates in epoch 1, 2, ..; spans has room for one per parameter.
 * Returns how many there are. */
int kr__param_groups_spans(const kr_param_groups *groups, const kr_params *params,
                           const int *group_of, int64_t epoch, kr_rate_span *spans);
/* Set the gradients of groups with has_no_gradient to zero. */
void kr__param_groups_clear(const kr_param_groups *groups, const kr_params *params,
                            const int *group_of, kr_real *gradient);

#endif
