/* SPDX-License-Identifier: MIT
 * graph_targets.c - a graph of neighbours in which those with other targets are less sure.
 *
 * As umap-learn's intersections with discrete metrics: each weight times exp(-scale * distance of
 * the targets), and then every point is as sure of its nearest as before. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"

/* What differences of targets are measured by. */
typedef struct scale {
    kr_target kind;
    double factor;      /* of a distance */
    double mean, range; /* of counts; of a distance, that counts 1 */
} scale;

/* Sum of log p(k) over the counts from the lesser on, below the greater. */
static double of_counts(double a, double b, double mean) {
    double sum = 0;
    for (double k = fmin(a, b); k < fmax(a, b); k++) sum += k * log(mean) - mean - lgamma(k + 1);
    return sum;
}

static double weaken(const scale *s, double a, double b) {
    const double unknown = 1;
    switch (s->kind) {
        case KR_TARGET_CLASSES:
            if (!(a >= 0) || !(b >= 0)) return exp(-unknown);
            return a != b ? exp(-s->factor) : 1;
        case KR_TARGET_ORDINAL:
            return exp(-s->factor * fabs(a - b) / s->range);
        case KR_TARGET_COUNT:
            break;
    }
    return exp(-s->factor * of_counts(a, b, s->mean) / s->range);
}

static kr_status check_targets(kr_target kind, int64_t n, const double *target, kr_error *err) {
    if (kind < KR_TARGET_CLASSES || kind > KR_TARGET_COUNT) {
        return kr_fail(err, KR_USAGE, "target: there is no kind of number %d", (int)kind);
    }
    for (int64_t i = 0; i < n && kind != KR_TARGET_CLASSES; i++) {
        if (!isfinite(target[i])) {
            return kr_fail(err, KR_NUMERIC, "target %lld is not finite", (long long)i);
        }
        if (kind == KR_TARGET_ORDINAL) continue;
        if (target[i] >= 0 && target[i] <= 1e6 && target[i] == floor(target[i])) continue;
        return kr_fail(err, KR_USAGE, "target %lld: %g is no count up to 1e6", (long long)i,
                       target[i]);
    }
    return KR_OK;
}

static scale make_scale(kr_target kind, int64_t n, const double *target, double weight) {
    scale s = {.kind = kind, .factor = weight < 1 ? 2.5 / (1 - weight) : 1e12};
    double least = target[0], most = target[0];
    for (int64_t i = 0; i < n; i++) {
        least = fmin(least, target[i]);
        most = fmax(most, target[i]);
        s.mean += target[i] / (double)n;
    }
    s.range = (kind == KR_TARGET_COUNT ? of_counts(least, most, s.mean) : most - least) / 2;
    if (s.range == 0) s.range = 1; /* all are the same */
    return s;
}

kr_status kr__graph_supervise(kr_team *team, kr__graph *graph, kr_target kind, const double *target,
                              double weight, kr_error *err) {
    KR_TRY(check_targets(kind, graph->n, target, err));
    const scale s = make_scale(kind, graph->n, target, weight);
    for (int64_t i = 0; i < graph->n; i++) {
        for (int64_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
            graph->weight[e] *= (float)weaken(&s, target[i], target[graph->column[e]]);
        }
    }
    return kr__graph_reconnect(team, graph, false, err);
}
