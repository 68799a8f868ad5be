/* SPDX-License-Identifier: MIT
 * synth_tables.c - the summary of a series of circles, line by line as the original prints it. */
#include <inttypes.h>
#include <math.h>

#include "framework/say.h"
#include "nextstep/synth_command.h"

/* Visits of a circle, including one that the end of the series cuts off. */
typedef struct visits {
    int64_t n_steps, n;
    double mean, deviation; /* of their lengths; with divisor n */
} visits;

static visits count_visits(const kr_synth *s, int64_t circle) {
    visits v = {0};
    double sum = 0, squares = 0;
    for (int64_t from = 0, to; from < kr_synth_n_steps(s); from = to) {
        for (to = from;
             to < kr_synth_n_steps(s) && kr_synth_states(s)[to] == kr_synth_states(s)[from];)
            to++;
        if (kr_synth_states(s)[from] != circle) continue;
        double length = (double)(to - from);
        v.n_steps += to - from;
        v.n++;
        sum += length;
        squares += length * length;
    }
    if (v.n == 0) return v;
    v.mean = sum / (double)v.n;
    v.deviation = sqrt(fmax(squares / (double)v.n - v.mean * v.mean, 0));
    return v;
}

static void print_circles(const kr_synth *s, FILE *out) {
    say(out, "\n%-8s %-8s %-8s %-8s %-7s %-8s %-10s %-10s\n", "Circle", "Radius", "Period", "Steps",
        "Frac%", "#Visits", "MeanDwell", "StdDwell");
    for (int i = 0; i < 75; i++) fputc('-', out);
    fputc('\n', out);
    for (int64_t k = 0; k < kr_synth_n_circles(s); k++) {
        visits v = count_visits(s, k);
        fprintf(out,
                "%-8" PRId64 " %-8.2f %-8" PRId64 " %-8" PRId64 " %-7.1f %-8" PRId64
                " %-10.1f %-10.1f\n",
                k, kr_synth_radii(s)[k], kr_synth_periods(s)[k], v.n_steps,
                100.0 * (double)v.n_steps / (double)kr_synth_n_steps(s), v.n, v.mean, v.deviation);
    }
}

static void print_transitions(const kr_synth *s, FILE *out) {
    fprintf(out, "\nTransition matrix (off-diagonal, non-zero entries):\n");
    for (int64_t i = 0; i < kr_synth_n_circles(s); i++) {
        const char *before = "";
        fprintf(out, "  Circle %" PRId64 " → ", i);
        for (int64_t j = 0; j < kr_synth_n_circles(s); j++) {
            double p = kr_synth_transitions(s)[i * kr_synth_n_circles(s) + j];
            if (p <= 0.005) continue;
            say(out, "%s%" PRId64 ":%.3f", before, j, p);
            before = ", ";
        }
        fputc('\n', out);
    }
}

void synth_print_tables(const kr_synth *s, FILE *out) {
    fprintf(out, "\nData shape : (%" PRId64 ", %" PRId64 ")\n", kr_synth_n_steps(s),
            kr_synth_ambient_dim(s));
    fprintf(out, "Ambient dim: %" PRId64 "\n", kr_synth_ambient_dim(s));
    fprintf(out, "Time steps : %" PRId64 "\n", kr_synth_n_steps(s));
    print_circles(s, out);
    fprintf(out, "\nEntry angles (rad):\n");
    for (int64_t k = 0; k < kr_synth_n_circles(s); k++) {
        fprintf(out, "  Circle %" PRId64 ": %.3f\n", k, kr_synth_entry_angles(s)[k]);
    }
    print_transitions(s, out);
}
