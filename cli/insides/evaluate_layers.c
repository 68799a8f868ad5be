/* SPDX-License-Identifier: MIT
 * evaluate_layers.c - which places of the model are looked at, and what they hold at chosen steps.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/text.h"
#include "framework/say.h"
#include "insides/evaluate_command.h"
#include "points/make_map.h"

/* ---- the list --------------------------------------------------------------------------- */

static kr_inside inside_of(const representation *r) {
    return r->source == SOURCE_OUTPUT   ? KR_INSIDE_OUTPUT
           : r->source == SOURCE_HIDDEN ? KR_INSIDE_HIDDEN
                                        : KR_INSIDE_LAYER;
}

/* Once each. */
static void add(evaluation *e, source from, int64_t layer) {
    static const char *const names[] = {"Input", "Layer", "Output", "Hidden"};
    static const char *const keys[] = {"input", "layer", "output", "hidden"};
    const kr_nextstep_shape *s = kr_nextstep_shape_of(e->look.model);
    bool is_numbered = from == SOURCE_LAYER || from == SOURCE_HIDDEN;
    representation r = {.source = from,
                        .layer = layer,
                        .dim = is_numbered ? s->d_model : s->n_features,
                        .silhouette = (double)NAN,
                        .map_silhouette = (double)NAN};
    for (int64_t i = 0; i < e->n; i++) {
        if (e->list[i].source == from && e->list[i].layer == layer) return;
    }
    for (int k = 0; k < EVALUATE_KS; k++) r.lb[k] = (double)NAN;
    if (is_numbered) {
        snprintf(r.name, sizeof r.name, "%s %" PRId64, names[from], layer + 1);
        snprintf(r.key, sizeof r.key, "%s_%" PRId64, keys[from], layer + 1);
    } else {
        snprintf(r.name, sizeof r.name, "%s", names[from]);
        snprintf(r.key, sizeof r.key, "%s", keys[from]);
    }
    snprintf(r.size, sizeof r.size, "%" PRId64 "D", r.dim);
    snprintf(r.label, sizeof r.label, "%s (%s)", r.name, r.size);
    e->list[e->n++] = r;
}

/* A word of --layers; the original warns about those that it does not know, too. */
static void add_word(evaluation *e, const char *word) {
    int64_t n = kr_nextstep_shape_of(e->look.model)->n_layers, layer = 0;
    if (strcmp(word, "input") == 0) {
        add(e, SOURCE_INPUT, 0);
    } else if (strcmp(word, "output") == 0) {
        add(e, SOURCE_OUTPUT, 0);
    } else if (!kr__text_int(word, &layer)) {
        say(stderr, "WARNING: unrecognised layer '%s', skipping\n", word);
    } else if (layer < 1 || layer > n) {
        fprintf(stderr,
                "WARNING: layer %" PRId64 " does not exist (model has %" PRId64
                " layers), skipping\n",
                layer, n);
    } else {
        add(e, SOURCE_LAYER, layer - 1);
    }
}

static void add_words(evaluation *e, const char *text) {
    char word[KR_FLAG_TEXT];
    for (size_t n; *text; text += n + (text[n] == ',')) {
        n = strcspn(text, ",");
        size_t from = strspn(text, " "), to = n;
        while (to > from && text[to - 1] == ' ') to--;
        if (from >= to) continue;
        memcpy(word, text + from, to - from);
        word[to - from] = '\0';
        add_word(e, word);
    }
}

static void add_all(evaluation *e) {
    add(e, SOURCE_INPUT, 0);
    for (int64_t i = 0; i < kr_nextstep_shape_of(e->look.model)->n_layers; i++) {
        add(e, SOURCE_LAYER, i);
    }
    add(e, SOURCE_OUTPUT, 0);
}

kr_status evaluate_list_layers(evaluation *e, kr_error *err) {
    int64_t n = kr_nextstep_shape_of(e->look.model)->n_layers;
    e->list = kr__calloc((size_t)(2 * n + 2), sizeof *e->list);
    if (!e->list) return kr_fail(err, KR_MEMORY, "out of memory for the layers");
    add_words(e, e->request->config.layers);
    if (e->n == 0) add_all(e);
    e->n_shown = e->n;
    for (int64_t i = 0; i < n; i++) add(e, SOURCE_HIDDEN, i);
    return KR_OK;
}

/* ---- steps ------------------------------------------------------------------------------ */

/* Two rising lists into one; the entries of a and b become their places in it. */
static kr_status join(int64_t n_a, int64_t *a, int64_t n_b, int64_t *b, evaluation *e,
                      kr_error *err) {
    int64_t *rows = kr__calloc((size_t)(n_a + n_b), sizeof *rows), n = 0;
    if (!rows) return kr_fail(err, KR_MEMORY, "out of memory for the steps");
    for (int64_t i = 0, j = 0; i < n_a || j < n_b; n++) {
        bool is_a = i < n_a && (j >= n_b || a[i] <= b[j]);
        bool is_b = j < n_b && (i >= n_a || b[j] <= a[i]);
        rows[n] = is_a ? a[i] : b[j];
        if (is_a) a[i++] = n;
        if (is_b) b[j++] = n;
    }
    e->rows = rows;
    e->n_rows = n;
    return KR_OK;
}

/* The original draws the points of the dimension second, out of the same numbers. */
static kr_status choose_steps(evaluation *e, kr_error *err) {
    const evaluate_config *c = &e->request->config;
    int64_t n = look_steps(&e->look);
    kr_pcg64 rng = kr__pcg64_make((uint64_t)c->seed);
    KR_TRY(look_choose(&rng, n, c->umap_points, &e->mapped, &e->n_mapped, err));
    if (!c->no_lb) {
        KR_TRY(look_choose(&rng, n, c->lb_points, &e->measured, &e->n_measured, err));
    }
    KR_TRY(join(e->n_mapped, e->mapped, e->n_measured, e->measured, e, err));
    if (!kr_series_states(e->look.series)) return KR_OK;
    e->states = kr__calloc((size_t)e->n_mapped, sizeof *e->states);
    if (!e->states) return kr_fail(err, KR_MEMORY, "out of memory for the steps");
    for (int64_t i = 0; i < e->n_mapped; i++) {
        e->states[i] = kr_series_states(e->look.series)[e->rows[e->mapped[i]]];
    }
    return KR_OK;
}

/* ---- values ----------------------------------------------------------------------------- */

static void take_input(const evaluation *e, int64_t n, const int64_t *steps, representation *r) {
    for (int64_t i = 0; i < n; i++) {
        memcpy(r->values + i * r->dim, kr_series_values(e->look.series) + steps[i] * r->dim,
               (size_t)r->dim * sizeof *r->values);
    }
}

static kr_status take_values(evaluation *e, kr_inside_want *wants, kr_error *err) {
    int64_t n_wants = 0, n = e->seen ? e->n_seen : e->n_rows;
    const int64_t *steps = e->seen ? e->seen : e->rows;
    for (int64_t i = 0; i < e->n; i++) {
        representation *r = &e->list[i];
        r->values = kr__calloc((size_t)n, (size_t)r->dim * sizeof *r->values);
        if (!r->values) return kr_fail(err, KR_MEMORY, "out of memory for what the layers hold");
        if (r->source == SOURCE_INPUT) {
            take_input(e, n, steps, r);
        } else {
            wants[n_wants++] = (kr_inside_want){inside_of(r), r->layer, r->values};
        }
    }
    return look_collect(&e->look, n, steps, n_wants, wants, err);
}

static void print_extracted(const evaluation *e) {
    const kr_nextstep_shape *s = kr_nextstep_shape_of(e->look.model);
    int64_t n = look_steps(&e->look);
    FILE *out = e->look.out;
    if (!out) return;
    fprintf(out, "Extracted %" PRId64 " encoder layers + output projection\n", s->n_layers);
    fprintf(out, "  Encoder layers: (%" PRId64 ", %" PRId64 ")\n", n, s->d_model);
    fprintf(out, "  Output projection: (%" PRId64 ", %" PRId64 ")\n", n, s->n_features);
    fprintf(out, "Visualising: ");
    for (int64_t i = 0; i < e->n_shown; i++) {
        say(out, "%s%s", i > 0 ? ", " : "", e->list[i].key);
    }
    fputc('\n', out);
}

/* Do the points allow what is asked for? Checked before the work. */
static kr_status check_points(const evaluation *e, kr_error *err) {
    const evaluate_config *c = &e->request->config;
    int64_t same = 0;
    if (!evaluate_wants_maps(e->request)) return KR_OK;
    KR_TRY(map_check_neighbors(c->umap_neighbors, e->n_mapped, err));
    if (c->pca > e->n_mapped) {
        return kr_fail(err, KR_USAGE, "--pca %lld: %lld points have no more than %lld components",
                       (long long)c->pca, (long long)e->n_mapped, (long long)e->n_mapped);
    }
    if (!c->silhouette) return KR_OK;
    while (same < e->n_mapped && e->states[same] == e->states[0]) same++;
    if (same < e->n_mapped) return KR_OK;
    return kr_fail(err, KR_USAGE, "--silhouette: all points of %s are on circle %lld",
                   kr_series_path(e->look.series), (long long)e->states[0]);
}

kr_status evaluate_collect(evaluation *e, kr_error *err) {
    KR_TRY(choose_steps(e, err));
    KR_TRY(check_points(e, err));
    bool has_velocity = e->request->config.velocity;
    if (has_velocity) KR_TRY(evaluate_add_next_steps(e, err));
    kr_inside_want *wants = kr__calloc((size_t)e->n, sizeof *wants);
    if (!wants) return kr_fail(err, KR_MEMORY, "out of memory for what the layers hold");
    look_print_steps(&e->look, "representations");
    kr_status status = take_values(e, wants, err);
    kr_free(wants);
    if (status == KR_OK) print_extracted(e);
    if (status == KR_OK && has_velocity) status = evaluate_add_velocity(e, err);
    return status;
}

void evaluate_release(evaluation *e) {
    for (int64_t i = 0; i < e->n; i++) {
        kr_free(e->list[i].values);
        kr_free(e->list[i].map);
    }
    kr_free(e->list);
    kr_free(e->rows);
    kr_free(e->seen);
    kr_free(e->mapped);
    kr_free(e->measured);
    kr_free(e->states);
}
