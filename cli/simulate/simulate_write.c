/* SPDX-License-Identifier: MIT
 * simulate_write.c - simulated series as tables and arrays. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/csv_text.h"
#include "simulate/simulate_command.h"

static const char endings[] = ".csv|.npy|.npz";

kr_status simulate_check_ending(const char *path, kr_error *err) {
    if (strcmp(path, "-") == 0 || kr__text_ends_in(path, endings)) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "%s: series are written as .csv, .npy or .npz, or with - as CSV on standard "
                   "output",
                   path);
}

static simulate_dates dates_of(const simulate_request *r, const simulated_panel *p, int64_t i) {
    const kr_simulated *w = &p->what[i];
    int64_t season = r->season > 0 ? r->season : w->n_seasons > 0 ? w->seasons[0] : 0;
    return simulate_dates_of(season, p->length, (uint64_t)r->config.seed, p->first + i);
}

/* ---- CSV -------------------------------------------------------------------------------- */

/* Whole numbers in full. */
static void write_value(double value, FILE *out) {
    if (value == floor(value)) {
        fprintf(out, ",%.0f", value + 0.0);
    } else {
        kr__csv_write_number(out, value);
    }
}

static void write_long(const simulate_request *r, const simulated_panel *p, FILE *out) {
    const simulate_config *c = &r->config;
    char date[KR_DATETIME_TEXT];
    fputs(c->dates ? "unique_id,ds,y\n" : "unique_id,step,y\n", out);
    for (int64_t i = 0; i < p->n; i++) {
        const int64_t index = p->first + i;
        const simulate_dates dates = dates_of(r, p, i);
        bool is_day = dates.months > 0 || dates.step >= KR__DAY;
        for (int64_t t = 0; t < p->length; t++) {
            fprintf(out, "S%" PRId64 ",", index);
            if (c->dates) {
                csv_write_own(out, kr__datetime_day_text(simulate_date(&dates, t), is_day, date));
            } else {
                fprintf(out, "%" PRId64, t);
            }
            write_value(p->values[i * p->length + t], out);
            fputc('\n', out);
        }
    }
}

static void write_wide(const simulated_panel *p, FILE *out) {
    fputs("step", out);
    for (int64_t i = 0; i < p->n; i++) fprintf(out, ",S%" PRId64, p->first + i);
    fputc('\n', out);
    for (int64_t t = 0; t < p->length; t++) {
        fprintf(out, "%" PRId64, t);
        for (int64_t i = 0; i < p->n; i++) write_value(p->values[i * p->length + t], out);
        fputc('\n', out);
    }
}

static void write_table(const simulate_request *r, const simulated_panel *p, FILE *out) {
    if (strcmp(r->config.layout, "wide") == 0) {
        write_wide(p, out);
    } else {
        write_long(r, p, out);
    }
}

/* "24+168", "" for none */
static void write_seasons(const kr_simulated *what, FILE *out) {
    for (int64_t i = 0; i < what->n_seasons; i++) {
        if (i > 0) fputc('+', out);
        fprintf(out, "%" PRId64, what->seasons[i]);
    }
}

static void write_about(const kr_simulated *w, simulate_dates dates, int64_t index, FILE *out) {
    char date[KR_DATETIME_TEXT];
    const char *second = kr_simulate_family_name(w->second);
    fprintf(out, "S%" PRId64 ",", index);
    csv_write_own(out, kr_simulate_family_name(w->family));
    fputc(',', out);
    csv_write_own(out, second ? second : "");
    fputc(',', out);
    write_seasons(w, out);
    fputc(',', out);
    csv_write_own(out, dates.frequency);
    fputc(',', out);
    csv_write_own(out, kr__datetime_text(dates.start, date));
    fprintf(out, ",%d,%d,%d,%d\n", w->is_multiplicative, w->is_integer, w->is_nonnegative,
            w->has_gaps);
}

kr_status simulate_write_about(const simulate_request *r, const simulated_panel *p, kr_error *err) {
    kr_file_writer writer;
    KR_TRY(kr__make_folder_of(r->config.about, err));
    KR_TRY(kr__file_writer_open(r->config.about, &writer, err));
    FILE *out = writer.stream;
    fputs("unique_id,family,second,seasons,frequency,start,multiplicative,integer,nonnegative,",
          out);
    fputs("gaps\n", out);
    for (int64_t i = 0; i < p->n; i++) {
        write_about(&p->what[i], dates_of(r, p, i), p->first + i, out);
    }
    return kr__file_writer_commit(&writer, err);
}

/* ---- arrays ----------------------------------------------------------------------------- */

/* What each series is, as arrays of a .npz. */
typedef struct columns {
    int64_t *seasons; /* (n, KR_SIMULATED_SEASONS), 0 where there is none */
    bool *traits;     /* (4, n): multiplicative, integer, nonnegative, gaps */
    char *families;   /* (2, n, width), padded with zeros: the family, the second one or "" */
    size_t width;
} columns;

static void fill_names(const simulated_panel *p, columns *c) {
    for (int64_t k = 0; k < 2 * p->n; k++) {
        const kr_simulated *w = &p->what[k % p->n];
        const char *name = kr_simulate_family_name(k < p->n ? w->family : w->second);
        if (name) memcpy(c->families + (size_t)k * c->width, name, strlen(name));
    }
}

static kr_status fill_columns(const simulated_panel *p, columns *c, kr_error *err) {
    size_t n = (size_t)p->n;
    for (int64_t k = 0; k < kr_simulate_families(); k++) {
        size_t length = strlen(kr_simulate_family_name(k));
        if (length > c->width) c->width = length;
    }
    c->seasons = kr__calloc(n, KR_SIMULATED_SEASONS * sizeof *c->seasons);
    c->traits = kr__calloc(n, 4 * sizeof *c->traits);
    c->families = kr__calloc(n, 2 * c->width);
    if (!c->seasons || !c->traits || !c->families) {
        return kr_fail(err, KR_MEMORY, "no memory for what %jd series are", (intmax_t)p->n);
    }
    for (size_t i = 0; i < n; i++) {
        const kr_simulated *w = &p->what[i];
        memcpy(c->seasons + i * KR_SIMULATED_SEASONS, w->seasons, sizeof w->seasons);
        c->traits[i] = w->is_multiplicative;
        c->traits[n + i] = w->is_integer;
        c->traits[2 * n + i] = w->is_nonnegative;
        c->traits[3 * n + i] = w->has_gaps;
    }
    fill_names(p, c);
    return KR_OK;
}

static kr_array names_of(const simulated_panel *p, const columns *c, const char *name, int64_t k) {
    return (kr_array){.name = (char *)name,
                      .dtype = KR_DTYPE_BYTES,
                      .rank = 1,
                      .shape = {p->n},
                      .n = p->n,
                      .item_size = c->width,
                      .data = c->families + (size_t)(k * p->n) * c->width};
}

static kr_status write_npz(const char *path, const kr_array *values, const simulated_panel *p,
                           const columns *c, kr_error *err) {
    static const char *const names[] = {"is_multiplicative", "is_integer", "is_nonnegative",
                                        "has_gaps"};
    const int64_t shape[] = {p->n, KR_SIMULATED_SEASONS};
    kr_array list[8] = {*values, names_of(p, c, "family", 0), names_of(p, c, "second", 1)};
    KR_TRY(kr_array_view("seasons", KR_DTYPE_I64, 2, shape, c->seasons, &list[3], err));
    for (int k = 0; k < 4; k++) {
        const bool *trait = c->traits + k * p->n;
        KR_TRY(kr_array_view(names[k], KR_DTYPE_BOOL, 1, shape, trait, &list[4 + k], err));
    }
    return kr_npz_write(path, list, 8, false, err);
}

static kr_status write_arrays(const char *path, const simulated_panel *p, kr_error *err) {
    const int64_t shape[] = {p->n, p->length};
    columns c = {0};
    kr_array values;
    KR_TRY(kr_array_view("values", KR_DTYPE_F64, 2, shape, p->values, &values, err));
    if (kr__text_ends(path, ".npy")) return kr_npy_write(path, &values, err);
    kr_status status = fill_columns(p, &c, err);
    if (status == KR_OK) status = write_npz(path, &values, p, &c, err);
    kr_free(c.seasons);
    kr_free(c.traits);
    kr_free(c.families);
    return status;
}

kr_status simulate_write(const simulate_request *r, const simulated_panel *p, kr_error *err) {
    const char *path = r->config.out;
    kr_file_writer writer;
    if (strcmp(path, "-") == 0) {
        write_table(r, p, stdout);
        return KR_OK;
    }
    KR_TRY(kr__make_folder_of(path, err));
    if (!kr__text_ends(path, ".csv")) return write_arrays(path, p, err);
    KR_TRY(kr__file_writer_open(path, &writer, err));
    write_table(r, p, writer.stream);
    return kr__file_writer_commit(&writer, err);
}
