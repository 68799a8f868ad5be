/* SPDX-License-Identifier: MIT
 * knn_floats.c - points moved, scaled, rounded to float; their norms. */
#include "analysis/knn_floats.h"

#include <math.h>

#include "analysis/point_values.h"
#include "core/arena.h"
#include "core/real.h"

enum {
    SAMPLE = 1024, /* the centre is the mean of so many points; any centre near them will do */
    ROWS = 1024,   /* of a piece */
    LARGEST_EXPONENT = 40
};

/* Where all points are equal nothing is left. */
static void find_centre(const kr_points *points, kr_knn_frame *frame) {
    int64_t n = points->n < SAMPLE ? points->n : SAMPLE;
    for (int64_t c = 0; c < points->dim; c++) frame->origin[c] = kr__points_at(points, 0, c);
    for (int64_t s = 0; s < n; s++) {
        int64_t row = s * (points->n / n);
        for (int64_t c = 0; c < points->dim; c++) {
            frame->centre[c] += (kr__points_at(points, row, c) - frame->origin[c]) / (double)n;
        }
    }
}

static double move(const kr_knn_frame *frame, const kr_points *points, int64_t row, int64_t c) {
    return kr__points_at(points, row, c) - frame->origin[c] - frame->centre[c];
}

static double find_largest(const kr_points *points, const kr_knn_frame *frame, double largest) {
    for (int64_t i = 0; i < points->n; i++) {
        for (int64_t c = 0; c < points->dim; c++) {
            double size = fabs(move(frame, points, i, c));
            largest = size > largest ? size : largest;
        }
    }
    return largest;
}

kr_status kr__knn_frame_init(kr_knn_frame *frame, const kr_points *points, const kr_points *others,
                             kr_error *err) {
    double dim = (double)points->dim, unit = sizeof(kr_real) == 4 ? 0x1p-24 : 0x1p-53;
    *frame = (kr_knn_frame){.dim = points->dim, .scale = 1, .is_blind = dim * unit > 0.125};
    frame->origin = kr__calloc((size_t)points->dim, sizeof *frame->origin);
    frame->centre = kr__calloc((size_t)points->dim, sizeof *frame->centre);
    if (!frame->origin || !frame->centre) return kr_fail(err, KR_MEMORY, "out of memory");
    find_centre(points, frame);
    double largest = find_largest(points, frame, 0);
    if (others) largest = find_largest(others, frame, largest);
    if (largest > 0) frame->scale = ldexp(1, LARGEST_EXPONENT - ilogb(largest));
    /* Twice the bound's small terms and a little of the large one: for distances in double, and for
     * the arithmetic with the bound itself. */
    frame->slack = frame->is_blind ? 1 : 1.001 * dim * unit / (1 - dim * unit) + 16 * unit;
    frame->tiny = dim * 0x1p-100;
    return KR_OK;
}

void kr__knn_frame_deinit(kr_knn_frame *frame) {
    kr_free(frame->origin);
    kr_free(frame->centre);
}

typedef struct conversion {
    const kr_knn_frame *frame;
    const kr_points *points;
    kr_knn_floats *floats;
} conversion;

static void convert_row(const conversion *s, int64_t i) {
    const kr_knn_frame *frame = s->frame;
    kr_real *x = s->floats->x + i * frame->dim;
    double sum = 0;
    for (int64_t c = 0; c < frame->dim; c++) {
        x[c] = (kr_real)(move(frame, s->points, i, c) * frame->scale);
        sum += (double)x[c] * (double)x[c];
    }
    s->floats->norm2[i] = (kr_real)sum;
    s->floats->least[i] =
        frame->is_blind ? -(kr_real)INFINITY : (kr_real)(sum * (1 - frame->slack) - frame->tiny);
}

static void convert_piece(void *arg, int64_t piece, int worker) {
    (void)worker;
    const conversion *s = arg;
    int64_t end = (piece + 1) * ROWS < s->floats->n ? (piece + 1) * ROWS : s->floats->n;
    for (int64_t i = piece * ROWS; i < end; i++) convert_row(s, i);
}

kr_status kr__knn_floats_init(kr_team *team, kr_knn_floats *floats, const kr_knn_frame *frame,
                              const kr_points *points, kr_error *err) {
    size_t n = (size_t)points->n, size = 0;
    *floats = (kr_knn_floats){.n = points->n, .dim = points->dim};
    floats->norm2 = kr__calloc(n, sizeof *floats->norm2);
    floats->least = kr__calloc(n, sizeof *floats->least);
    if (kr__size_mul(n, (size_t)points->dim, &size))
        floats->x = kr__calloc(size, sizeof *floats->x);
    if (!floats->norm2 || !floats->least || !floats->x) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld points in float",
                       (long long)points->n);
    }
    conversion s = {frame, points, floats};
    kr_team_for(team, (floats->n + ROWS - 1) / ROWS, convert_piece, &s);
    return KR_OK;
}

void kr__knn_floats_deinit(kr_knn_floats *floats) {
    kr_free(floats->x);
    kr_free(floats->norm2);
    kr_free(floats->least);
}
