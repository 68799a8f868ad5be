/* SPDX-License-Identifier: MIT
 * study_known.c - the targets of a study as series of the zero-shot model: to learn from. */
#include "forecast/study_known.h"

/* A target without windows in a study that has some is judged by none: all of it is known. */
static int64_t count_known(const kr__study *s, const kr__target *t, bool is_all) {
    bool has_windows = t->n_windows > 0 && !is_all;
    return has_windows ? s->windows[t->first_window].origin + 1 : t->n;
}

static bool take(const kr__study *s, const kr__target *t, bool is_all, kr__known_series *out) {
    const kr__local_series series = kr__study_target(s, t, count_known(s, t, is_all));
    return kr__local_known(&series, &out->arena, &out->list[out->n++]);
}

kr_status kr__known_series_init(const kr__study *study, bool is_all, kr__known_series *out,
                                kr_error *err) {
    *out = (kr__known_series){.n = 0};
    out->list = kr__arena_alloc(&out->arena, (size_t)study->n_targets + 1, sizeof *out->list);
    bool is_good = out->list;
    for (int64_t i = 0; i < study->n_targets && is_good; i++) {
        is_good = take(study, &study->targets[i], is_all, out);
    }
    return is_good ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the series to learn from");
}

void kr__known_series_deinit(kr__known_series *known) {
    kr__arena_deinit(&known->arena);
    *known = (kr__known_series){.n = 0};
}
