/* SPDX-License-Identifier: MIT
 * generate_stream.c - observations in, forecasts out, one line each. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "framework/input_lines.h"
#include "framework/program.h"
#include "framework/say.h"
#include "nextstep/generate_command.h"

enum { WORD = 64 };

typedef struct stream {
    int64_t n_features, n_observed;
    float *x;
    input_lines lines;
} stream;

static kr_status print_step(const stream *s, const float *x, kr_error *err) {
    for (int64_t i = 0; i < s->n_features; i++) {
        if (isfinite(x[i])) continue;
        return kr_fail(
            err, KR_NUMERIC,
            "after step %lld of standard input: what the model computes is not a number; "
            "it leaves the range of float: observations are unlike those of its training",
            (long long)s->n_observed);
    }
    for (int64_t i = 0; i < s->n_features; i++) {
        say(stdout, "%s%.9g", i > 0 ? "," : "", (double)x[i]);
    }
    putchar('\n');
    return output_lines_flush(err);
}

kr_status generate_open(const kr_nextstep *model, const generate_config *config,
                        kr_nextstep_stream **out, kr_error *err) {
    const generate_config *c = config;
    const kr_nextstep_stream_options options = {.size = sizeof options,
                                                .temperature = c->temperature,
                                                .perturb_interval = c->perturb_interval,
                                                .perturb_duration = c->perturb_duration,
                                                .perturb_scale = c->perturb_scale,
                                                .perturb_hidden = c->perturb_hidden,
                                                .perturb_layers = c->perturb_layers,
                                                .seed = (uint64_t)c->seed};
    return kr_nextstep_stream_create(model, &options, out, err);
}

/* ---- a line ----------------------------------------------------------------------------- */

static const char separators[] = ", \t\r\n";

/* Read the n letters of word as a number; false when they are not one. */
static bool read_number(const char *word, size_t n, double *value) {
    char text[WORD];
    if (n >= sizeof text) return false;
    memcpy(text, word, n);
    text[n] = '\0';
    return kr__text_real(text, value) && isfinite(*value);
}

/* Fills x; *count is how many numbers the line holds. KR_FORMAT for anything that is not a
 * number. */
static kr_status parse_line(stream *s, int64_t *count, kr_error *err) {
    const char *at = s->lines.line + strspn(s->lines.line, separators);
    for (*count = 0; *at; (*count)++) {
        size_t n = strcspn(at, separators);
        double value = 0;
        if (!read_number(at, n, &value)) {
            return kr_fail(err, KR_FORMAT,
                           "standard input, line %lld: \"%.*s\" is not a number; a line holds the "
                           "%lld values of a step, with commas or blanks between them",
                           (long long)s->lines.n, (int)(n < 40 ? n : 40), at,
                           (long long)s->n_features);
        }
        if (fabs(value) > (double)FLT_MAX) {
            return kr_fail(err, KR_FORMAT,
                           "standard input, line %lld: %.*s is too large a number for the model, "
                           "which computes in float",
                           (long long)s->lines.n, (int)(n < 40 ? n : 40), at);
        }
        if (*count < s->n_features) s->x[*count] = (float)value;
        at += n;
        at += strspn(at, separators);
    }
    return KR_OK;
}

/* Does the first line name the columns? */
static bool is_header(const stream *s) {
    double unused = 0;
    const char *at = s->lines.line + strspn(s->lines.line, separators);
    size_t n = strcspn(at, separators);
    return s->lines.n == 1 && n > 0 && !read_number(at, n, &unused);
}

/* The next observation into x; *has_one false: the input has ended. */
static kr_status read_step(stream *s, bool *has_one, kr_error *err) {
    int64_t count = 0;
    *has_one = false;
    while (true) {
        KR_TRY(input_lines_next(&s->lines, has_one, err));
        if (!*has_one) return KR_OK;
        *has_one = false;
        if (is_header(s)) continue;
        KR_TRY(parse_line(s, &count, err));
        if (count == 0) continue;
        if (count != s->n_features) {
            return kr_fail(err, KR_FORMAT,
                           "standard input, line %lld: has %lld values, but the model takes %lld",
                           (long long)s->lines.n, (long long)count, (long long)s->n_features);
        }
        *has_one = true;
        return KR_OK;
    }
}

/* ---- the stream ------------------------------------------------------------------------- */

static kr_status run(stream *s, const generate_request *request, kr_nextstep_stream *model,
                     kr_error *err) {
    bool has_one = true;
    while (true) {
        KR_TRY(read_step(s, &has_one, err));
        if (!has_one) break;
        kr_nextstep_stream_push(model, 1, s->x);
        s->n_observed++;
        KR_TRY(print_step(s, kr_nextstep_stream_forecast(model), err));
    }
    if (s->n_observed == 0 && !program_is_stopping()) {
        return kr_fail(err, KR_USAGE,
                       "standard input holds no observation; --stream needs a line of numbers for "
                       "each step");
    }
    int64_t n = settings_has(&request->call.given, "gen_len") ? request->config.gen_len : 0;
    for (int64_t i = 0; i < n && !program_is_stopping(); i++) {
        kr_nextstep_stream_generate(model, s->x);
        KR_TRY(print_step(s, s->x, err));
    }
    if (!program_is_stopping()) return KR_OK;
    return kr_fail(err, KR_INTERRUPTED, "stopped on request after %lld rows",
                   (long long)s->n_observed);
}

kr_status generate_stream(const generate_request *request, const kr_nextstep *model,
                          kr_error *err) {
    stream s = {.n_features = kr_nextstep_shape_of(model)->n_features};
    kr_nextstep_stream *steps = NULL;
    kr_status status = KR_OK;
    s.x = kr__calloc((size_t)s.n_features, sizeof *s.x);
    if (!s.x) status = kr_fail(err, KR_MEMORY, "out of memory for a step");
    if (status == KR_OK) status = generate_open(model, &request->config, &steps, err);
    if (status == KR_OK) status = run(&s, request, steps, err);
    kr_nextstep_stream_destroy(steps);
    kr_free(s.x);
    input_lines_deinit(&s.lines);
    return status;
}
