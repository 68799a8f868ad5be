/* SPDX-License-Identifier: MIT
 * dimension_report.c - estimates as tables on the console, as JSON and as csv. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/csv_text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "points/dimension_command.h"

/* ---- console ---------------------------------------------------------------------------- */

static void print_estimate(double value, FILE *out) {
    char text[32] = "n/a";
    if (!isnan(value)) snprintf(text, sizeof text, "%.2f", value);
    say(out, "%-10s", text);
}

static void print_rule(int64_t width, FILE *out) {
    for (int64_t i = 0; i < width; i++) fputc('-', out);
    fputc('\n', out);
}

static void print_by_k(const dimension_result *r, FILE *out) {
    say(out, "%-6s %-10s\n", "k", "dim_hat");
    print_rule(20, out);
    for (int64_t i = 0; i < r->k.n; i++) {
        fprintf(out, "%-6" PRId64 " ", r->k.k[i]);
        print_estimate(r->estimate[i], out);
        fputc('\n', out);
    }
}

static void print_by_class(const dimension_result *r, FILE *out) {
    bool has_circles = r->period;
    say(out, "\nPer-%s dimension estimates (%s%s):\n%-8s ", has_circles ? "circle" : "class",
        r->n < r->n_all ? "subsample" : "all points", has_circles ? ", per-state" : "",
        has_circles ? "Circle" : "Class");
    say(out, "%-7s ", has_circles ? "Period" : "Points");
    for (int64_t i = 0; i < r->class_k.n; i++) {
        fprintf(out, "k=%-8" PRId64, r->class_k.k[i]);
    }
    fputc('\n', out);
    print_rule(16 + 10 * r->class_k.n, out);
    for (int64_t c = 0; c < r->n_classes; c++) {
        fprintf(out, "%-8" PRId64 " %-7" PRId64 " ", r->name[c],
                has_circles ? r->period[c] : r->count[c]);
        for (int64_t i = 0; i < r->class_k.n; i++) {
            print_estimate(r->by_class[c * r->class_k.n + i], out);
        }
        fputc('\n', out);
    }
}

void dimension_print(const dimension_request *request, const dimension_result *r, FILE *out) {
    print_by_k(r, out);
    if (request->config.two_nn) {
        say(out, "%-6s ", "TwoNN");
        print_estimate(r->two_nn, out);
        fputc('\n', out);
    }
    if (r->n_classes > 0) print_by_class(r, out);
    fputc('\n', out);
}

/* ---- JSON ------------------------------------------------------------------------------- */

static bool add_estimates(cJSON *object, const k_list *k, const double *estimate) {
    cJSON *list = cJSON_AddArrayToObject(object, "estimates");
    bool is_made = list;
    for (int64_t i = 0; i < k->n && is_made; i++) {
        cJSON *item = cJSON_CreateObject();
        is_made = item && cJSON_AddItemToArray(list, item) &&
                  kr__json_add_int(item, "k", k->k[i]) &&
                  kr__json_add_number(item, "dimension", estimate[i]);
    }
    return is_made;
}

static bool add_classes(cJSON *object, const dimension_result *r) {
    cJSON *list = cJSON_AddArrayToObject(object, "classes");
    bool is_made = list;
    for (int64_t c = 0; c < r->n_classes && is_made; c++) {
        cJSON *item = cJSON_CreateObject();
        is_made = item && cJSON_AddItemToArray(list, item) &&
                  kr__json_add_int(item, "class", r->name[c]) &&
                  kr__json_add_int(item, "points", r->count[c]) &&
                  (!r->period || kr__json_add_int(item, "period", r->period[c])) &&
                  add_estimates(item, &r->class_k, r->by_class + c * r->class_k.n);
    }
    return is_made;
}

/* Freed with cJSON_Delete; NULL when out of memory. */
static cJSON *make_object(const dimension_request *request, const dimension_result *r) {
    cJSON *object = cJSON_CreateObject();
    if (object && kr__json_add_text(object, "data", r->path) &&
        kr__json_add_int(object, "points", r->n) &&
        kr__json_add_int(object, "points_in_data", r->n_all) &&
        kr__json_add_int(object, "features", r->dim) &&
        kr__json_add_text(object, "lb", request->config.lb) &&
        kr__json_add_text(object, "neighbors", r->is_approximate ? "approximate" : "exact") &&
        add_estimates(object, &r->k, r->estimate) &&
        kr__json_add_number(object, "two_nn", r->two_nn) && add_classes(object, r) &&
        kr__json_add_text(object, "version", KR_VERSION_STRING) &&
        kr__json_add_text(object, "command", request->call.given.command_line)) {
        return object;
    }
    cJSON_Delete(object);
    return NULL;
}

static kr_status out_of_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "no memory for the table of dimensions");
}

kr_status dimension_print_json(const dimension_request *request, const dimension_result *r,
                               double seconds, kr_error *err) {
    cJSON *object = make_object(request, r);
    char *text = NULL;
    if (object && kr__json_add_number(object, "wall_seconds", seconds) &&
        kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss())) {
        text = json_print(object);
    }
    cJSON_Delete(object);
    if (!text) return out_of_memory(err);
    json_write(text, stdout);
    kr_free(text);
    return KR_OK;
}

/* ---- files ------------------------------------------------------------------------------ */

static void write_row(FILE *out, const char *class, int64_t points, const char *method,
                      double dimension) {
    char number[KR_NUMBER_TEXT] = "";
    if (!isnan(dimension)) kr__text_number(dimension, number);
    csv_write_text(out, class);
    fprintf(out, ",%" PRId64 ",", points);
    csv_write_text(out, method);
    fputc(',', out);
    csv_write_text(out, number);
    fputc('\n', out);
}

/* A row an estimate; class is empty where all points count, dimension where there is none. */
static void write_rows(const dimension_request *request, const dimension_result *r, FILE *out) {
    char class[32], method[32];
    fputs("class,points,k,dimension\n", out);
    for (int64_t i = 0; i < r->k.n; i++) {
        snprintf(method, sizeof method, "%" PRId64, r->k.k[i]);
        write_row(out, "", r->n, method, r->estimate[i]);
    }
    if (request->config.two_nn) write_row(out, "", r->n, "TwoNN", r->two_nn);
    for (int64_t c = 0; c < r->n_classes; c++) {
        snprintf(class, sizeof class, "%" PRId64, r->name[c]);
        for (int64_t i = 0; i < r->class_k.n; i++) {
            snprintf(method, sizeof method, "%" PRId64, r->class_k.k[i]);
            write_row(out, class, r->count[c], method, r->by_class[c * r->class_k.n + i]);
        }
    }
}

static kr_status write_json(const dimension_request *request, const dimension_result *r,
                            const char *path, kr_error *err) {
    cJSON *object = make_object(request, r);
    char *text = object ? json_print(object) : NULL;
    cJSON_Delete(object);
    if (!text) return out_of_memory(err);
    kr_status status = kr__file_write(path, text, strlen(text), err);
    kr_free(text);
    return status;
}

kr_status dimension_check_ending(const char *path, kr_error *err) {
    if (kr__text_ends(path, ".csv") || kr__text_ends(path, ".json")) return KR_OK;
    return kr_fail(err, KR_USAGE, "%.200s: the table is written to .csv or .json", path);
}

kr_status dimension_write(const dimension_request *request, const dimension_result *r,
                          kr_error *err) {
    const char *path = request->config.out;
    kr_file_writer writer;
    if (kr__text_ends(path, ".json")) return write_json(request, r, path, err);
    KR_TRY(kr__file_writer_open(path, &writer, err));
    write_rows(request, r, writer.stream);
    return kr__file_writer_commit(&writer, err);
}
