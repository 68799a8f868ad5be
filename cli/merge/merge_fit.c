/* SPDX-License-Identifier: MIT
 * merge_fit.c - the fits of shards side by side: their forecasts and the scores of their series as
 * tables of all, and how often each model was chosen. Each shard chose and trained for itself, so
 * that there is no model of all, and no verdict. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/csv_writing.h"
#include "core/text.h"
#include "framework/say.h"
#include "merge/merge_command.h"

/* ---- tables of series ------------------------------------------------------------------- */

/* A shard of series that are all too short has no scores. */
static kr_status join_tables(const merge *m, const char *name, merge_table *table, kr_error *err) {
    char out[SHARD_PATH], *room = kr__calloc((size_t)m->n, SHARD_PATH);
    const char **paths = kr__calloc((size_t)m->n, sizeof *paths);
    for (int64_t k = 0; k < m->n && room && paths; k++) {
        char *path = room + k * SHARD_PATH;
        kr__path_join(m->parts[k].output, name, path, SHARD_PATH);
        paths[k] = kr__file_exists(path) ? path : NULL;
    }
    table->paths = paths;
    kr__path_join(m->out, name, out, sizeof out);
    kr_status status = room && paths ? merge_join(m, table, out, err)
                                     : kr_fail(err, KR_MEMORY, "out of memory for the shards");
    kr_free(room);
    kr_free(paths);
    return status;
}

/* ---- models ----------------------------------------------------------------------------- */

/* Errors are sums over series until the end; NaN where a shard could not measure one. */
typedef struct score {
    char model[64];
    double choosing, judging, seconds;
    int64_t n_choosing, n_judging, n_chosen;
} score;

enum { MOST_MODELS = 64 };
typedef struct scores {
    score all[MOST_MODELS];
    int n;
} scores;

static score *find_score(scores *s, const char *model) {
    for (int i = 0; i < s->n; i++) {
        if (strcmp(s->all[i].model, model) == 0) return &s->all[i];
    }
    if (s->n == MOST_MODELS) return NULL;
    score *added = &s->all[s->n++];
    snprintf(added->model, sizeof added->model, "%s", model);
    return added;
}

static void add_error(double error, int64_t n, double *sum, int64_t *n_sum) {
    if (isnan(error)) return;
    *sum += error * (double)n;
    *n_sum += n;
}

/* model,choosing,judging,seconds,is_chosen */
static bool add_line(scores *s, char *line, int64_t n_series) {
    enum { FIELDS = 5 };
    char *fields[FIELDS];
    double numbers[FIELDS] = {0};
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line;
        line += strcspn(line, ",\n");
        if (*line == '\0') return false;
        *line++ = '\0';
        if (i > 0 && !kr__text_real(fields[i], &numbers[i])) numbers[i] = (double)NAN;
    }
    score *to = find_score(s, fields[0]);
    if (!to) return false;
    add_error(numbers[1], n_series, &to->choosing, &to->n_choosing);
    add_error(numbers[2], n_series, &to->judging, &to->n_judging);
    to->seconds += isnan(numbers[3]) ? 0 : numbers[3];
    to->n_chosen += numbers[4] == 1;
    return true;
}

static kr_status read_scores(const merge_part *part, scores *s, kr_error *err) {
    const size_t most = (size_t)1 << 20;
    char path[SHARD_PATH];
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr__path_join(part->output, "comparison.csv", path, sizeof path);
    KR_TRY(kr__file_read(path, most, &bytes, &n, err));
    char *line = strchr((char *)bytes, '\n'); /* behind the header */
    bool is_read = line != NULL;
    for (line = line ? line + 1 : NULL; is_read && line && *line;) {
        char *next = strchr(line, '\n');
        is_read = next && add_line(s, line, part->n);
        line = next ? next + 1 : NULL;
    }
    kr_free(bytes);
    return is_read ? KR_OK
                   : kr_fail(err, KR_FORMAT,
                             "%s: is not what krait fit wrote; make the shard again", path);
}

static kr_status write_scores(const merge *m, const scores *s, kr_error *err) {
    char path[SHARD_PATH];
    kr_file_writer w;
    KR_TRY(
        kr__file_writer_open(kr__path_join(m->out, "comparison.csv", path, sizeof path), &w, err));
    fprintf(w.stream, "model,choosing,judging,seconds,chosen_in\n");
    for (int i = 0; i < s->n; i++) {
        const score *of = &s->all[i];
        kr__csv_write_name(w.stream, of->model, "", NULL);
        kr__csv_write_number(w.stream, of->choosing / (double)of->n_choosing);
        kr__csv_write_number(w.stream, of->judging / (double)of->n_judging);
        fprintf(w.stream, ",%.3f,%" PRId64 "\n", of->seconds, of->n_chosen);
    }
    return kr__file_writer_commit(&w, err);
}

static void print_chosen(const merge *m, const scores *s) {
    FILE *out = m->call->out;
    const char *before = "chosen: ";
    for (int i = 0; out && i < s->n; i++) {
        if (s->all[i].n_chosen == 0) continue;
        say(out, "%s%s in %" PRId64 " of %" PRId64 " shards", before, s->all[i].model,
            s->all[i].n_chosen, m->n);
        before = ", ";
    }
    if (out)
        say(out,
            "\neach shard chose for its own series; there is no model and no verdict of all\n");
}

static kr_status join_scores(const merge *m, kr_error *err) {
    scores *s = kr__calloc(1, sizeof *s);
    kr_status status = s ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the scores");
    for (int64_t k = 0; k < m->n && status == KR_OK; k++) {
        if (m->parts[k].n > 0) status = read_scores(&m->parts[k], s, err);
    }
    if (status == KR_OK) status = write_scores(m, s, err);
    if (status == KR_OK) print_chosen(m, s);
    kr_free(s);
    return status;
}

kr_status merge_fits(const merge *m, kr_error *err) {
    merge_table forecast = {.by_columns = m->by_columns},
                targets = {.is_behind_comma = m->by_columns};
    char path[SHARD_PATH];
    if (kr__file_exists(kr__path_join(m->out, "fit.json", path, sizeof path))) {
        return kr_fail(err, KR_USAGE,
                       "%s: is there already, of a fit; name another place with --out", path);
    }
    KR_TRY(kr__make_folders(m->out, err));
    KR_TRY(join_tables(m, "forecast.csv", &forecast, err));
    KR_TRY(join_tables(m, "targets.csv", &targets, err));
    KR_TRY(join_tables(m, "held_out.csv", &targets, err));
    return join_scores(m, err);
}
