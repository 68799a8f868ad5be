/* SPDX-License-Identifier: MIT
 * dimension.c - Levina-Bickel by name and by class. */
#include <math.h>
#include <string.h>

#include "analysis/point_values.h"
#include "core/arena.h"

kr_status kr_lb_form_find(const char *name, kr_lb_form *form, kr_error *err) {
    static const char *const names[] = {
        [KR_LB_MEAN] = "mean", [KR_LB_MLE] = "mle", [KR_LB_UNBIASED] = "unbiased"};
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *form = (kr_lb_form)i;
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE, "\"%s\" is not a form of Levina-Bickel; use " KR_LB_FORM_NAMES,
                   name);
}

/* Estimates of one class for every k that fits it. Neighbours are searched once, for the largest.
 */
static kr_status estimate_class(kr_team *team, const kr_points *points, int64_t n_k,
                                const int64_t *k, kr_lb_form form, double *estimate,
                                kr_error *err) {
    int64_t most = 0;
    kr_knn *knn = NULL;
    for (int64_t i = 0; i < n_k; i++) {
        estimate[i] = (double)NAN;
        if (k[i] < points->n - 1 && k[i] > most) most = k[i];
    }
    if (most == 0) return KR_OK;
    KR_TRY(kr_knn_create(team, points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = most},
                         &knn, err));
    for (int64_t i = 0; i < n_k; i++) {
        if (k[i] <= most) estimate[i] = kr_levina_bickel(knn, k[i], form, NULL);
    }
    kr_knn_destroy(knn);
    return KR_OK;
}

kr_status kr_levina_bickel_by_class(kr_team *team, const kr_points *points, const int64_t *labels,
                                    int64_t n_classes, int64_t n_k, const int64_t *k,
                                    kr_lb_form form, int64_t *count, double *estimate,
                                    kr_error *err) {
    KR_TRY(kr__points_check(points, 1, err));
    for (int64_t i = 0; i < n_k; i++) {
        if (k[i] >= 1) continue;
        return kr_fail(err, KR_USAGE, "%lld neighbours: use 1 and more", (long long)k[i]);
    }
    kr__sane_points sane;
    kr_status status = kr__sane_points_init(&sane, points, NULL, err);
    int64_t *rows = kr__calloc((size_t)points->n, sizeof *rows);
    if (!rows) {
        status = kr_fail(err, KR_MEMORY, "out of memory for the classes of %lld points",
                         (long long)points->n);
    }
    for (int64_t c = 0; c < n_classes && status == KR_OK; c++) {
        kr_points own = {0};
        int64_t n = 0;
        for (int64_t i = 0; i < points->n; i++) {
            if (labels[i] == c) rows[n++] = i;
        }
        count[c] = n;
        status = kr__points_pick(&sane.points, n, rows, &own, err);
        if (status == KR_OK) {
            status = estimate_class(team, &own, n_k, k, form, estimate + c * n_k, err);
        }
        kr__points_free(&own);
    }
    kr_free(rows);
    kr__sane_points_deinit(&sane);
    return status;
}
