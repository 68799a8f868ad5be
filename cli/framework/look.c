/* SPDX-License-Identifier: MIT
 * look.c - steps and values, with a bar where a person waits for them. */
#include "framework/look.h"
#include "core/arena.h"
#include "core/platform.h"

#include <inttypes.h>
#include <stdlib.h>

#include "framework/progress.h"
#include "framework/say.h"

int64_t look_steps(const look *l) {
    return kr_inside_steps(kr_series_n_steps(l->series), l->window);
}

void look_print_data(const look *l) {
    if (!l->out) return;
    fprintf(l->out, "Data: %" PRId64 " steps × %" PRId64 "D", kr_series_n_steps(l->series),
            kr_series_n_features(l->series));
    if (kr_series_states(l->series))
        fprintf(l->out, ", %" PRId64 " circles", kr_series_n_states(l->series));
    fputc('\n', l->out);
}

void look_print_steps(const look *l, const char *what) {
    int64_t n = look_steps(l);
    if (!l->out) return;
    if (l->window > 0) {
        say(l->out,
            "Extracting %s: %" PRId64 " windows × %" PRId64 " steps = %" PRId64 " / %" PRId64
            " time steps\n",
            what, n / l->window, l->window, n, kr_series_n_steps(l->series));
    } else {
        say(l->out, "Extracting %s: one pass over %" PRId64 " time steps\n", what, n);
    }
}

/* ---- steps ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

kr_status look_choose(kr_pcg64 *rng, int64_t n, int64_t most, int64_t **rows, int64_t *n_rows,
                      kr_error *err) {
    int64_t *list = kr__calloc((size_t)n, sizeof *list);
    if (!list) return kr_fail(err, KR_MEMORY, "out of memory for %lld steps", (long long)n);
    *n_rows = most < n ? most : n;
    kr__pcg64_choose(rng, n, *n_rows, list);
    qsort(list, (size_t)*n_rows, sizeof *list, compare);
    *rows = list;
    return KR_OK;
}

/* ---- values ----------------------------------------------------------------------------- */

static bool show_steps(void *arg, int64_t steps) {
    progress_update(arg, steps, NULL);
    return true;
}

kr_status look_collect(const look *l, int64_t n_rows, const int64_t *rows, int64_t n_wants,
                       const kr_inside_want *wants, kr_error *err) {
    progress_line progress = {0};
    const kr_inside_request request = {.size = sizeof request,
                                       .n_steps = kr_series_n_steps(l->series),
                                       .x = kr_series_values(l->series),
                                       .window = l->window,
                                       .n_rows = n_rows,
                                       .rows = rows,
                                       .n_wants = n_wants,
                                       .wants = wants,
                                       .progress = show_steps,
                                       .progress_arg = &progress};
    progress_start(&progress, l->out ? stderr : NULL, "steps", 0, look_steps(l));
    kr_status status = kr_nextstep_look(l->model, &request, err);
    progress_clear(&progress);
    return status;
}
