/* SPDX-License-Identifier: MIT
 * umap_density.c - densMAP: a map on which points are as dense as they are in space.
 *
 * The radius of a point is the mean squared distance to its neighbours in the graph, weighted by
 * membership; on the map it is the same of places. In the last epochs the map moves towards logs of
 * radii that are correlated with those of the points. Source: Narayan, Berger, Cho, "Assessing
 * single-cell transcriptomic variability through density-preserving data visualization", Nature
 * Biotechnology 39, 2021; details are umap-learn's. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"

enum { PIECE = 512 /* rows */ };
static const double tiny = 1e-8, most = 1e15 /* of u and v, whose products are floats */;

/* ---- of the points ---------------------------------------------------------------------- */

/* Mean distance^power over the edges of a row; NaN: there is none. */
static double mean_power(const kr__graph *graph, int64_t row, int power) {
    double sum = 0, weights = 0;
    for (int64_t e = graph->start[row]; e < graph->start[row + 1]; e++) {
        double d = (double)graph->distance[e], weight = (double)graph->weight[e];
        sum += weight * (power == 2 ? d * d : d);
        weights += weight;
    }
    return sum / weights;
}

int kr__umap_radii(const kr__graph *graph, int power, double *radius) {
    double mean = 0;
    int64_t n = graph->n;
    for (int64_t i = 0; i < n; i++) {
        radius[i] = mean_power(graph, i, power);
        if (!isnan(radius[i])) mean += radius[i] / (double)n;
    }
    int exponent = mean > 0 ? ilogb(mean) : 0;
    for (int64_t i = 0; i < n; i++) radius[i] = log(tiny + ldexp(radius[i], -exponent));
    return exponent;
}

void kr__umap_take_radii(const kr__graph *graph, int power, double *radius) {
    double log_unit = log(2) * kr__umap_radii(graph, power, radius);
    for (int64_t i = 0; i < graph->n; i++) radius[i] += log_unit;
}

/* Less their mean, over their deviation; 0 where all are the same, and at points without edges. */
static void standardise(int64_t n, double *radius) {
    double mean = 0, variance = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(radius[i])) continue;
        mean += radius[i];
        count++;
    }
    mean /= count > 0 ? (double)count : 1;
    for (int64_t i = 0; i < n; i++) {
        radius[i] = isnan(radius[i]) ? 0 : radius[i] - mean;
        variance += radius[i] * radius[i];
    }
    double deviation = sqrt(variance / (count > 0 ? (double)count : 1));
    for (int64_t i = 0; i < n; i++) radius[i] = deviation > 1e-6 ? radius[i] / deviation : 0;
}

kr_status kr__umap_density_init(kr__umap_density *s, const kr__graph *graph,
                                const kr_umap_options *options, kr_error *err) {
    size_t n = (size_t)graph->n;
    double greatest = 0;
    *s = (kr__umap_density){.graph = graph, .options = options};
    s->wanted = kr__calloc(n, sizeof *s->wanted);
    s->phi = kr__calloc(n, sizeof *s->phi);
    s->radius = kr__calloc(n, sizeof *s->radius);
    s->u_v = kr__calloc(n, 2 * sizeof *s->u_v);
    if (!s->wanted || !s->phi || !s->radius || !s->u_v) {
        return kr_fail(err, KR_MEMORY, "out of memory for the densities of %lld points",
                       (long long)graph->n);
    }
    kr__umap_radii(graph, 2, s->wanted);
    standardise(graph->n, s->wanted);
    for (int64_t e = 0; e < graph->start[graph->n]; e++) {
        s->total += (double)graph->weight[e];
        greatest = fmax(greatest, (double)graph->weight[e]);
    }
    if (greatest > 0) s->total /= greatest;
    return KR_OK;
}

void kr__umap_density_deinit(kr__umap_density *s) {
    kr_free(s->wanted);
    kr_free(s->phi);
    kr_free(s->radius);
    kr_free(s->u_v);
}

/* ---- of the map ------------------------------------------------------------------------- */

typedef struct reading {
    kr__umap_density *density;
    const kr__umap_epoch *epoch;
    const kr_real *y;
} reading;

static void read_piece(void *arg, int64_t piece, int worker) {
    const reading *s = arg;
    kr__umap_density *density = s->density;
    int64_t first = piece * PIECE, left = density->graph->n - first;
    int64_t n = left < PIECE ? left : PIECE;
    (void)worker;
    kr__kernels()->umap_radii(s->epoch, first, n, s->y, density->phi, density->radius);
    for (int64_t r = first; r < first + n; r++) {
        int64_t i = s->epoch->rows[r];
        if (density->phi[i] > 0) {
            density->radius[i] = log(tiny + density->radius[i] / density->phi[i]);
        }
    }
}

/* Moments of the radii on the map, and how they go with those of the points. */
typedef struct moments {
    double mean, variance, covariance;
} moments;

static moments measure(const kr__umap_density *s) {
    moments m = {0};
    int64_t n = s->graph->n, count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(s->phi[i] > 0)) continue;
        m.mean += s->radius[i];
        m.covariance += s->radius[i] * s->wanted[i];
        count++;
    }
    m.mean /= count > 0 ? (double)count : 1;
    m.covariance /= count > 1 ? (double)(count - 1) : 1;
    for (int64_t i = 0; i < n; i++) {
        double d = s->phi[i] > 0 ? s->radius[i] - m.mean : 0;
        m.variance += d * d / (count > 0 ? (double)count : 1);
    }
    m.variance += s->options->dens_var_shift;
    return m;
}

static kr_real within_most(double x) { return (kr_real)fmin(fmax(x, -most), most); }

bool kr__umap_density_counts(const kr__umap_density *s, int64_t epoch, int64_t n_epochs) {
    return (double)(epoch + 1) / (double)n_epochs > 1 - s->options->dens_frac;
}

/* umap-learn sums over both directions of an edge at each of its ends: twice what a row has. */
void kr__umap_density_read(kr_team *team, kr__umap_density *s, const kr_real *y,
                           kr__umap_epoch *epoch) {
    int64_t n = s->graph->n;
    kr_team_for(team, (n + PIECE - 1) / PIECE, read_piece, &(reading){s, epoch, y});
    moments m = measure(s);
    epoch->density = NULL;
    if (!(m.variance > 0)) return; /* all radii are the same: nothing to compare */
    for (int64_t i = 0; i < n; i++) {
        double w = s->wanted[i] - m.covariance * (s->radius[i] - m.mean) / m.variance;
        double u = s->phi[i] > 0 ? w / (2 * s->phi[i]) : 0;
        s->u_v[2 * i] = within_most(u);
        s->u_v[2 * i + 1] = within_most(s->phi[i] > 0 ? u / exp(s->radius[i]) : 0);
    }
    epoch->density = s->u_v;
    epoch->density_scale =
        s->options->dens_lambda * s->total * 0x1p32 / (sqrt(m.variance) * (double)n);
}
