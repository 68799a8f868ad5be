/* SPDX-License-Identifier: MIT
 * cmd_dimension.c - krait dimension: how many dimensions do points have? */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <kr/figures.h>
#include <kr/series.h>

#include "analysis/point_values.h"
#include "core/arena.h"
#include "core/flags.h"
#include "core/pcg64.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/drawing.h"
#include "framework/palette_option.h"
#include "framework/program.h"
#include "framework/say.h"
#include "points/dimension_command.h"

enum { MOST_CLASSES = 1000, LEAST_POINTS = 3, PATH_SIZE = KR_FLAG_TEXT + 64 };

/* ---- the request ------------------------------------------------------------------------ */

#define KR_FLAG_OWNER dimension_config
#define KR_FLAG_NAME "dimension"
#define KR_FLAG_LIST "points/dimension_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

static const kr_flag_table *dimension_flags(void) { return &table; }

static const option own_options[] = {
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    PALETTE_OPTION,
    QUIET_OPTION("print the tables only"),
    JSON_OPTION("all estimates as JSON"),
    UNPACK_OPTION,
};

static settings dimension_settings = {.command = "dimension",
                                      .flags = dimension_flags,
                                      .own = own_options,
                                      .n_own = sizeof own_options / sizeof own_options[0],
                                      .short_o = "save_dir",
                                      .n_words = 1,
                                      .data_setting = "data_dir"};

/* "5,10,15", from 2 on, rising. */
static kr_status read_k(const char *flag, const char *text, k_list *list, kr_error *err) {
    char copy[KR_FLAG_TEXT], *rest = copy, *word;
    snprintf(copy, sizeof copy, "%s", text);
    list->n = 0;
    while ((word = rest)) {
        char *comma = strchr(word, ',');
        if (comma) *comma = '\0';
        rest = comma ? comma + 1 : NULL;
        int64_t k = 0, before = list->n > 0 ? list->k[list->n - 1] : 1;
        if (!kr__text_int(word, &k) || k <= before || k > INT32_MAX) {
            return kr_fail(err, KR_USAGE,
                           "--%s: \"%.40s\" in \"%.80s\"; use rising whole numbers from 2 with "
                           "commas, such as 5,10,20",
                           flag, word, text);
        }
        if (list->n == DIMENSION_MOST_K) {
            return kr_fail(err, KR_USAGE, "--%s: more than %d numbers", flag, DIMENSION_MOST_K);
        }
        list->k[list->n++] = k;
    }
    return KR_OK;
}

static kr_status read_request(void *arg, kr_error *err) {
    dimension_request *request = arg;
    const dimension_config *c = &request->config;
    KR_TRY(kr_lb_form_find(c->lb, &request->form, err));
    if (*c->out) KR_TRY(dimension_check_ending(c->out, err));
    KR_TRY(read_k("k", c->k, &request->k, err));
    return read_k("class_k", c->class_k, &request->class_k, err);
}

/* ---- points ----------------------------------------------------------------------------- */

/* Points that are looked at, and the class of each: an index among those of the result. */
typedef struct sample {
    kr_points points;
    void *values;    /* of the points */
    int64_t *labels; /* NULL: there are no classes */
} sample;

static kr_status out_of_memory(const kr_series *s, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: no memory for %" PRId64 " points", kr_series_path(s),
                   kr_series_n_steps(s));
}

/* Classes are the circles, or the numbers that are there. *index_of (n_states): of each number its
 * class, free with kr_free. */
static kr_status list_classes(const kr_series *s, dimension_result *r, int64_t **index_of,
                              kr_error *err) {
    int64_t n = kr_series_n_states(s);
    int64_t *index = kr__calloc((size_t)n, sizeof *index);
    if (!index) return out_of_memory(s, err);
    *index_of = index;
    for (int64_t t = 0; t < kr_series_n_steps(s); t++) index[kr_series_states(s)[t]] = 1;
    for (int64_t i = 0; i < n; i++) r->n_classes += kr_series_periods(s, NULL) || index[i];
    if (r->n_classes > MOST_CLASSES) {
        return kr_fail(err, KR_USAGE,
                       "%s: has %" PRId64
                       " classes, more than %d; --column names the numbers that "
                       "are classes",
                       kr_series_path(s), r->n_classes, MOST_CLASSES);
    }
    r->name = kr__calloc((size_t)r->n_classes, sizeof *r->name);
    r->count = kr__calloc((size_t)r->n_classes, sizeof *r->count);
    r->by_class = kr__calloc((size_t)(r->n_classes * r->class_k.n), sizeof *r->by_class);
    if (!r->name || !r->count || !r->by_class) return out_of_memory(s, err);
    for (int64_t i = 0, at = 0; i < n; i++) {
        if (!kr_series_periods(s, NULL) && !index[i]) continue;
        r->name[at] = i;
        index[i] = at++;
    }
    if (!kr_series_periods(s, NULL)) return KR_OK;
    r->period = kr__calloc((size_t)r->n_classes, sizeof *r->period);
    if (!r->period) return out_of_memory(s, err);
    memcpy(r->period, kr_series_periods(s, NULL), (size_t)n * sizeof *r->period);
    return KR_OK;
}

/* The rows that are looked at: all, or as many as wanted by default_rng(seed).choice. */
static int64_t choose_rows(const dimension_config *config, int64_t n, int64_t *rows) {
    if (config->points == 0 || config->points >= n) {
        for (int64_t i = 0; i < n; i++) rows[i] = i;
        return n;
    }
    kr_pcg64 rng = kr__pcg64_make((uint64_t)config->seed);
    kr__pcg64_choose(&rng, n, config->points, rows);
    return config->points;
}

static kr_status draw_sample(const dimension_config *config, const kr_series *s,
                             dimension_result *r, sample *out, kr_error *err) {
    kr_points all =
        kr_points_f64(kr_series_exact(s), kr_series_n_steps(s), kr_series_n_features(s));
    int64_t *index_of = NULL, *rows = kr__calloc((size_t)kr_series_n_steps(s), sizeof *rows);
    kr_status status = rows ? KR_OK : out_of_memory(s, err);
    if (status == KR_OK && kr_series_states(s)) status = list_classes(s, r, &index_of, err);
    if (status != KR_OK) goto done;
    int64_t n = choose_rows(config, kr_series_n_steps(s), rows);
    status = kr_points_pick(&all, n, rows, &out->values, err);
    if (status != KR_OK) goto done;
    out->points = kr_points_f64(out->values, n, kr_series_n_features(s));
    if (!index_of) goto done;
    out->labels = kr__calloc((size_t)n, sizeof *out->labels);
    if (!out->labels) {
        status = out_of_memory(s, err);
        goto done;
    }
    for (int64_t i = 0; i < n; i++) out->labels[i] = index_of[kr_series_states(s)[rows[i]]];
done:
    kr_free(index_of);
    kr_free(rows);
    return status;
}

/* ---- estimates -------------------------------------------------------------------------- */

/* Numbers of neighbours that the points do not have are left out. */
static kr_status cut_k(k_list *list, const dimension_result *r, kr_error *err) {
    int64_t n = list->n;
    while (list->n > 0 && list->k[list->n - 1] >= r->n) list->n--;
    if (list->n == 0) {
        return kr_fail(err, KR_USAGE,
                       "%s: %" PRId64 " point%s too few for %" PRId64
                       " neighbour%s each; give --k "
                       "numbers up to %" PRId64 "%s",
                       r->path, r->n, r->n == 1 ? " is" : "s are", list->k[0],
                       kr__plural(list->k[0]), r->n - 1,
                       r->n < r->n_all ? ", or more --points" : "");
    }
    if (list->n < n) {
        fprintf(stderr, "krait dimension: %" PRId64 " points: k from %" PRId64 " on are left out\n",
                r->n, list->k[list->n]);
    }
    return KR_OK;
}

static kr_status estimate(const dimension_request *request, const sample *s, dimension_result *r,
                          kr_error *err) {
    kr__sane_points sane; /* a dimension knows no unit */
    kr_knn *knn = NULL;
    KR_TRY(cut_k(&r->k, r, err));
    const kr_knn_options options = {.size = sizeof options, .k = r->k.k[r->k.n - 1]};
    r->two_nn = (double)NAN;
    kr_status status = kr__sane_points_init(&sane, &s->points, NULL, err);
    if (status == KR_OK) {
        status = kr_knn_create(program_team(), &sane.points, &options, &knn, err);
    }
    if (status == KR_OK) r->is_approximate = !kr_knn_is_exact(knn);
    for (int64_t i = 0; i < r->k.n && status == KR_OK; i++) {
        r->estimate[i] = kr_levina_bickel(knn, r->k.k[i], request->form, NULL);
    }
    if (request->config.two_nn && status == KR_OK) status = kr_two_nn(knn, &r->two_nn, err);
    kr_knn_destroy(knn);
    kr__sane_points_deinit(&sane);
    if (status != KR_OK || !s->labels) return status;
    return kr_levina_bickel_by_class(program_team(), &s->points, s->labels, r->n_classes,
                                     r->class_k.n, r->class_k.k, request->form, r->count,
                                     r->by_class, err);
}

/* ---- the run ---------------------------------------------------------------------------- */

typedef struct estimates {
    const dimension_request *request;
    const dimension_result *result;
} estimates;

static kr_status draw_figure(const void *arg, kr_error *err) {
    const dimension_request *request = ((const estimates *)arg)->request;
    const dimension_result *r = ((const estimates *)arg)->result;
    const char *folder = request->config.save_dir;
    char path[PATH_SIZE];
    kr_dimension_picture picture = {.size = sizeof picture,
                                    .n_k = r->k.n,
                                    .k = r->k.k,
                                    .estimate = r->estimate,
                                    .two_nn = r->two_nn,
                                    .ambient_dim = r->dim,
                                    .has_circles = r->period,
                                    .n_classes = r->n_classes,
                                    .class_names = r->name,
                                    .n_class_k = r->class_k.n,
                                    .class_k = r->class_k.k,
                                    .class_estimate = r->by_class,
                                    .palette = request->call.palette};
    KR_TRY(kr__make_folders(*folder ? folder : ".", err));
    kr__path_join(folder, "dimension_estimates.png", path, sizeof path);
    KR_TRY(kr_figure_dimension(path, &picture, err));
    if (request->call.out) say(request->call.out, "Saved %s\n", path);
    return KR_OK;
}

static kr_status report(const dimension_request *request, const dimension_result *r,
                        kr_error *err) {
    FILE *out = request->call.out;
    if (!(request->call.is_quiet && request->call.is_json)) {
        dimension_print(request, r, request->call.words);
    }
    const estimates drawn = {request, r};
    if (request->call.has_figures) KR_TRY(draw_apart(draw_figure, &drawn, err));
    if (*request->config.out) {
        KR_TRY(dimension_write(request, r, err));
        if (out) say(out, "Saved %s\n", request->config.out);
    }
    if (!request->call.is_json) return KR_OK;
    return dimension_print_json(request, r, kr__time_now() - request->call.started, err);
}

static kr_status look_at(const dimension_request *request, const kr_series *series,
                         dimension_result *r, kr_error *err) {
    FILE *out = request->call.out;
    sample s = {0};
    if (kr_series_n_steps(series) < LEAST_POINTS) {
        return kr_fail(err, KR_USAGE, "%s: has %" PRId64 " point%s; a dimension needs %d and more",
                       kr_series_path(series), kr_series_n_steps(series),
                       kr__plural(kr_series_n_steps(series)), LEAST_POINTS);
    }
    r->path = kr_series_path(series);
    kr_status status = draw_sample(&request->config, series, r, &s, err);
    r->n_all = kr_series_n_steps(series);
    r->n = s.points.n;
    r->dim = kr_series_n_features(series);
    if (status == KR_OK && out) {
        say(out, "Estimating dimension on %" PRId64 " %spoints...\n", r->n,
            r->n < r->n_all ? "subsampled " : "");
        fflush(out);
    }
    if (status == KR_OK) status = estimate(request, &s, r, err);
    if (status == KR_OK) status = report(request, r, err);
    kr_free(s.values);
    kr_free(s.labels);
    return status;
}

#define KR_READING_OWNER dimension_config
#define READING_OF_POINTS
#define READING_WITHOUT_WORDS
#include "tables/take_reading.inc"

static kr_status run_request(void *arg, kr_error *err) {
    const dimension_request *request = arg;
    const char *column = request->config.column;
    const kr_rows_options how = take_reading(&request->config);
    kr_series_options options = {.size = sizeof options,
                                 .states = *column ? column : NULL,
                                 .is_exact = true,
                                 .team = program_team(),
                                 .rows = &how,
                                 .is_points = true};
    dimension_result result = {.k = request->k, .class_k = request->class_k};
    kr_series *series = NULL;
    KR_TRY(kr_series_open_as(request->config.data_dir, &options, &series, err));
    kr_status status = look_at(request, series, &result, err);
    kr_series_destroy(series);
    kr_free(result.name);
    kr_free(result.period);
    kr_free(result.count);
    kr_free(result.by_class);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"2,000 points of data/, all together and circle by circle:", "krait dimension"},
    {"all points of a table, classes out of its column species:",
     "krait dimension iris.csv --column species --points 0 --k 5,10,20"},
    {"the form of MacKay and Ghahramani, as a table for other programs:",
     "krait dimension points.npy --lb mle --out dimension.csv --no-figures"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"ESTIMATES",
     "Levina-Bickel at a point: 1 / the mean over its k nearest neighbours j but the last of "
     "log(T_k / T_j), with T_j the distance of the j-th. Small k look at the noise, large ones at "
     "the shape. A point that occurs twice has the estimate 0, which counts in the mean; with "
     "--lb mle it is left out. A class with no more than k + 1 points has none (n/a).\n\n"
     "TwoNN: the slope of -log(1 - F(mu)) over log(mu), mu = T_2 / T_1, without the upper "
     "tenth.\n\n"
     "Above 50,000 points neighbours are searched approximately.\n\n"
     "Estimates do not depend on the unit or the origin of the points."},
    {"FILES",
     "dimension_estimates.png: the estimate against k, beside it a bar for each class and k. --out "
     "FILE.csv: a row an estimate, the class empty where all points count. --out FILE.json: the "
     "same as --json."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_dimension = {
    .name = "dimension",
    .summary = "estimate the intrinsic dimension of points",
    .usage = "[DATA] [--flag value]...",
    .purpose =
        "Estimate the intrinsic dimension of points, whatever the number of their columns: by "
        "Levina-Bickel for several numbers of neighbours, all together and class by "
        "class, and by TwoNN. Without DATA it does what MambaSynth's estimate_dimension.py does.",
    .settings = &dimension_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(dimension_request),
    .config = offsetof(dimension_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
};
