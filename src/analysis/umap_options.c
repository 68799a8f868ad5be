/* SPDX-License-Identifier: MIT
 * umap_options.c - what a map is made with: defaults, limits, and the same as JSON. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/point_metrics.h"
#include "analysis/umap_internal.h"
#include "core/json.h"
#include "core/sized_struct.h"
#include "core/text.h"

enum { NAME_SIZE = 32 };

/* ---- defaults and limits ---------------------------------------------------------------- */

/* Name number i of choices; false: there are fewer. */
static bool name_of_choice(const char *choices, int i, char name[NAME_SIZE]) {
    for (; i > 0; i--) {
        choices = kr__text_behind(choices, '|');
        if (!choices) return false;
    }
    snprintf(name, NAME_SIZE, "%.*s", (int)strcspn(choices, "|"), choices);
    return true;
}

/* The number of this name among choices; false: it is none of them. */
static bool find_choice(const char *name, const char *choices, int *choice) {
    char known[NAME_SIZE];
    for (*choice = 0; name_of_choice(choices, *choice, known); ++*choice) {
        if (strcmp(name, known) == 0) return true;
    }
    return false;
}

static void set_default(double *field, double value) {
    if (*field == 0) *field = value;
}

/* What says nothing of this map is not kept with it. */
static void drop_unused(kr_umap_options *o) {
    if (o->metric != KR_METRIC_MINKOWSKI) o->metric_power = 0;
    if (!o->densmap) o->dens_lambda = o->dens_frac = o->dens_var_shift = 0;
}

kr_status kr__umap_options_take(const kr_umap_options *given, int64_t n, kr_umap_options *taken,
                                kr_error *err) {
    kr_umap_options o;
    KR_TRY(kr__sized_take("kr_umap_options", given, &o, sizeof o, err));
    if (!given) o.min_dist = -1;
    if (o.n_neighbors == 0) o.n_neighbors = n < 15 ? n : 15;
    if (o.n_components == 0) o.n_components = 2;
    if (o.negative_samples == 0) o.negative_samples = 5;
    if (o.min_dist < 0) o.min_dist = 0.1;
    set_default(&o.spread, 1);
    set_default(&o.learning_rate, 1);
    set_default(&o.repulsion, 1);
    set_default(&o.local_connectivity, 1);
    set_default(&o.set_op_mix, 1);
    set_default(&o.target_weight, 0.5);
    set_default(&o.metric_power, 2);
    set_default(&o.dens_lambda, 2);
    set_default(&o.dens_frac, 0.3);
    set_default(&o.dens_var_shift, 0.1);
    drop_unused(&o);
    if (o.disconnection == 0) o.disconnection = kr__metric_apart(o.metric);
    *taken = o;
    return KR_OK;
}

static bool is_within(double value, double least, double most) {
    return value >= least && value <= most; /* not NaN */
}

static kr_status check_numbers(const kr_umap_options *o, kr_error *err) {
    const struct {
        const char *name;
        double value, least, most;
    } rows[] = {
        {"spread", o->spread, 1e-6, 1e6},
        {"min_dist", o->min_dist, 0, o->spread},
        {"learning_rate", o->learning_rate, 1e-9, 1e3},
        {"repulsion", o->repulsion, 0, 1e6},
        {"local_connectivity", o->local_connectivity, 1e-9, 1e6},
        {"set_op_mix", o->set_op_mix, 0, 1},
        {"target_weight", o->target_weight, 0, 1},
        {"negative_samples", (double)o->negative_samples, 1, 1000},
        {"n_components", (double)o->n_components, 1, KR_UMAP_MAX_COMPONENTS},
        {"n_epochs", (double)o->n_epochs, 0, 1000000},
        {"a", o->a == 0 ? 1 : o->a, 1e-6, 1e9},
        {"b", o->b == 0 ? 1 : o->b, 1e-3, 100},
        {"disconnection", o->disconnection, 0, (double)INFINITY},
        {"dens_lambda", o->dens_lambda, 0, 1e6},
        {"dens_frac", o->dens_frac, 0, 1},
        {"dens_var_shift", o->dens_var_shift, 0, 1e6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_within(rows[i].value, rows[i].least, rows[i].most)) continue;
        return kr_fail(err, KR_USAGE, "%s: %g is out of range; use %g to %g", rows[i].name,
                       rows[i].value, rows[i].least, rows[i].most);
    }
    return KR_OK;
}

static kr_status check_kept(const kr_umap_options *o, kr_error *err) {
    if (o->n_kept == 0) return KR_OK;
    if (o->n_kept < 0 || !o->kept_epochs || !o->kept) {
        return kr_fail(err, KR_USAGE, "kept_epochs: %lld epochs, and no array of them or for them",
                       (long long)o->n_kept);
    }
    for (int64_t k = 0; k < o->n_kept; k++) {
        int64_t epoch = o->kept_epochs[k], least = k > 0 ? o->kept_epochs[k - 1] + 1 : 1;
        if (epoch >= least && epoch <= o->n_epochs) continue;
        return kr_fail(err, KR_USAGE, "kept_epochs: %lld is not in %lld to %lld, the `n_epochs`",
                       (long long)epoch, (long long)least, (long long)o->n_epochs);
    }
    return KR_OK;
}

kr_status kr__umap_options_check(const kr_umap_options *o, int64_t n, kr_error *err) {
    if (o->n_neighbors < 2) {
        return kr_fail(err, KR_USAGE,
                       "n_neighbors: %lld would be the point itself alone; use 2 or more",
                       (long long)o->n_neighbors);
    }
    if (o->n_neighbors > n) {
        return kr_fail(err, KR_USAGE, "n_neighbors: %lld of %lld points; use 2 to %lld",
                       (long long)o->n_neighbors, (long long)n, (long long)n);
    }
    if ((o->a == 0) != (o->b == 0)) {
        return kr_fail(err, KR_USAGE, "%s is given without %s: both or none", o->a != 0 ? "a" : "b",
                       o->a != 0 ? "b" : "a");
    }
    KR_TRY(check_kept(o, err));
    return check_numbers(o, err);
}

/* ---- what they ask for -------------------------------------------------------------------------
 */

kr_knn_options kr__umap_search(const kr_umap_options *o, int64_t k) {
    return (kr_knn_options){.size = sizeof(kr_knn_options),
                            .k = k,
                            .method = o->knn_method,
                            .seed = o->seed,
                            .with_recall = true,
                            .metric = o->metric,
                            .power = o->metric_power};
}

/* Up to rounding: distances that are 1 by definition may be a little less. */
double kr__umap_apart(const kr_umap_options *o, const kr_knn *knn) {
    return ldexp(o->disconnection * (1 - 1e-12), knn->exponent);
}

/* ---- as JSON ---------------------------------------------------------------------------- */

/* One row each: all but the progress, which is the caller's. */
typedef enum field_kind {
    WHOLE,
    REAL,
    GIVEN,  /* REAL, where it is not 0 or infinite */
    SWITCH, /* where it is on */
    CHOICE,
    SEED
} field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;
    const char *choices; /* the names of an enumeration, in its order */
} field;

#define FIELD(name, kind)                                                                          \
    { #name, kind, offsetof(kr_umap_options, name), NULL }
#define CHOICE_FIELD(name, choices)                                                                \
    { #name, CHOICE, offsetof(kr_umap_options, name), choices }
static const field fields[] = {
    FIELD(n_neighbors, WHOLE),
    FIELD(n_components, WHOLE),
    FIELD(min_dist, REAL),
    FIELD(spread, REAL),
    FIELD(n_epochs, WHOLE),
    FIELD(learning_rate, REAL),
    FIELD(repulsion, REAL),
    FIELD(negative_samples, WHOLE),
    FIELD(local_connectivity, REAL),
    FIELD(set_op_mix, REAL),
    FIELD(target_weight, REAL),
    CHOICE_FIELD(init, "spectral|pca|random"),
    CHOICE_FIELD(metric, KR_METRIC_NAMES),
    CHOICE_FIELD(knn_method, "auto|exact|descent"),
    FIELD(seed, SEED),
    FIELD(a, GIVEN),
    FIELD(b, GIVEN),
    FIELD(metric_power, GIVEN),
    FIELD(disconnection, GIVEN),
    FIELD(densmap, SWITCH),
    FIELD(dens_lambda, GIVEN),
    FIELD(dens_frac, GIVEN),
    FIELD(dens_var_shift, GIVEN),
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

/* A seed has more digits than a number of JSON: it is a text. */
static cJSON *print_field(const kr_umap_options *o, const field *f) {
    const char *from = (const char *)o + f->offset;
    char text[NAME_SIZE];
    int64_t whole = 0;
    double real = 0;
    uint64_t seed = 0;
    int choice = 0;
    switch (f->kind) {
        case WHOLE:
            memcpy(&whole, from, sizeof whole);
            return cJSON_CreateNumber((double)whole);
        case REAL:
        case GIVEN:
            memcpy(&real, from, sizeof real);
            return cJSON_CreateNumber(real);
        case SWITCH:
            return cJSON_CreateTrue();
        case CHOICE:
            memcpy(&choice, from, sizeof choice);
            return name_of_choice(f->choices, choice, text) ? cJSON_CreateString(text) : NULL;
        case SEED:
            memcpy(&seed, from, sizeof seed);
            snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
            return cJSON_CreateString(text);
    }
    return NULL;
}

static bool is_left_out(const kr_umap_options *o, const field *f) {
    const char *from = (const char *)o + f->offset;
    double real = 1;
    bool is_on = true;
    if (f->kind == GIVEN) memcpy(&real, from, sizeof real);
    if (f->kind == SWITCH) memcpy(&is_on, from, sizeof is_on);
    return real == 0 || isinf(real) || !is_on;
}

char *kr__umap_options_print(const kr_umap_options *o) {
    cJSON *object = cJSON_CreateObject();
    bool is_made = object != NULL;
    for (int i = 0; i < N_FIELDS && is_made; i++) {
        if (is_left_out(o, &fields[i])) continue;
        cJSON *item = print_field(o, &fields[i]);
        is_made = item && cJSON_AddItemToObject(object, fields[i].name, item);
        if (!is_made) cJSON_Delete(item);
    }
    char *text = is_made ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}

static bool parse_seed(const cJSON *item, uint64_t *seed) {
    const char *digits = cJSON_IsString(item) ? item->valuestring : "", *text = digits;
    *seed = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (*seed > (UINT64_MAX - digit) / 10) return false;
        *seed = *seed * 10 + digit;
    }
    return *text == '\0' && text != digits;
}

static bool parse_field(const cJSON *item, const field *f, kr_umap_options *o) {
    char *to = (char *)o + f->offset;
    double real = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    int64_t whole = 0;
    uint64_t seed = 0;
    int choice = 0;
    bool is_on = false;
    switch (f->kind) {
        case WHOLE:
            if (!(fabs(real) <= 0x1p53 && real == floor(real))) return false;
            whole = (int64_t)real;
            memcpy(to, &whole, sizeof whole);
            return true;
        case GIVEN:
            if (!item) return true;
            memcpy(to, &real, sizeof real);
            return isfinite(real);
        case REAL:
            memcpy(to, &real, sizeof real);
            return isfinite(real);
        case SWITCH:
            is_on = cJSON_IsTrue(item);
            memcpy(to, &is_on, sizeof is_on);
            return !item || cJSON_IsBool(item);
        case CHOICE:
            if (!cJSON_IsString(item)) return false;
            if (!find_choice(item->valuestring, f->choices, &choice)) return false;
            memcpy(to, &choice, sizeof choice);
            return true;
        case SEED:
            if (!parse_seed(item, &seed)) return false;
            memcpy(to, &seed, sizeof seed);
            return true;
    }
    return false;
}

kr_status kr__umap_options_parse(const char *text, int64_t n, kr_umap_options *out, kr_error *err) {
    kr_umap_options o = {.size = sizeof o, .disconnection = (double)INFINITY};
    cJSON *object = NULL;
    if (kr__json_parse(text, strlen(text), &object, NULL) == KR_MEMORY) {
        return kr_fail(err, KR_MEMORY, "out of memory for its settings");
    }
    kr_status status = KR_OK;
    for (int i = 0; i < N_FIELDS && status == KR_OK; i++) {
        if (parse_field(cJSON_GetObjectItemCaseSensitive(object, fields[i].name), &fields[i], &o)) {
            continue;
        }
        status =
            kr_fail(err, KR_FORMAT, "\"%s\" in its settings is missing or damaged", fields[i].name);
    }
    cJSON_Delete(object);
    KR_TRY(status);
    KR_TRY(kr__umap_options_check(&o, n, err));
    *out = o;
    return KR_OK;
}
