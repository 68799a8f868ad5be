/* SPDX-License-Identifier: MIT
 * merge_notes.c - do these shards belong together, and are they all there? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/shard.h"
#include "merge/merge_command.h"

/* ---- a note ----------------------------------------------------------------------------- */

static const cJSON *member(const merge_part *part, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(part->note, name);
}

const char *merge_text(const merge_part *part, const char *name) {
    const char *text = cJSON_GetStringValue(member(part, name));
    return text ? text : "";
}

static bool read_count(const merge_part *part, const char *name, int64_t least, double most,
                       int64_t *out) {
    const cJSON *item = member(part, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)least) ||
        !(item->valuedouble <= most)) {
        return false;
    }
    *out = (int64_t)item->valuedouble;
    return true;
}

static kr_status refuse_note(const merge_part *part, kr_error *err) {
    char path[SHARD_PATH];
    return kr_fail(err, KR_FORMAT, "%s: is no note of a shard; make the shard again",
                   shard_note_path(part->output, path));
}

/* Their places rise. */
static kr_status read_series(merge_part *part, int64_t n_all, kr_error *err) {
    const cJSON *places = member(part, "places"), *names = member(part, "names"), *name = NULL;
    int64_t n = cJSON_GetArraySize(places), last = -1;
    if (n != cJSON_GetArraySize(names) || n > n_all) return refuse_note(part, err);
    part->places = kr__calloc((size_t)n + 1, sizeof *part->places);
    part->names = kr__calloc((size_t)n + 1, sizeof *part->names);
    if (!part->places || !part->names) {
        return kr_fail(err, KR_MEMORY, "%s: out of memory for its series", part->output);
    }
    const cJSON *place = places ? places->child : NULL;
    cJSON_ArrayForEach(name, names) {
        double at = place && cJSON_IsNumber(place) ? place->valuedouble : -1;
        if (!cJSON_IsString(name) || !(at > (double)last) || !(at < (double)n_all)) {
            return refuse_note(part, err);
        }
        part->places[part->n] = last = (int64_t)at;
        part->names[part->n++] = name->valuestring;
        place = place->next;
    }
    return KR_OK;
}

static kr_status read_note(merge_part *part, int64_t *of, int64_t *n_all, kr_error *err) {
    const size_t most = (size_t)1 << 31;
    char path[SHARD_PATH];
    uint8_t *bytes = NULL;
    size_t n = 0;
    shard_note_path(part->output, path);
    if (!kr__file_exists(part->output) && !kr__is_folder(part->output)) {
        return kr_fail(err, KR_IO, "%s: no such file or folder; check the path", part->output);
    }
    if (!kr__file_exists(path)) {
        return kr_fail(err, KR_IO,
                       "%s: there is no %s, which a command with --shard writes when it is done",
                       part->output, path);
    }
    KR_TRY(kr__file_read(path, most, &bytes, &n, err));
    kr_status status = kr__json_parse((const char *)bytes, n, &part->note, NULL);
    kr_free(bytes);
    if (status == KR_MEMORY) return kr_fail(err, status, "%s: out of memory", path);
    if (status != KR_OK || strcmp(merge_text(part, "kind"), SHARD_KIND) != 0 ||
        !read_count(part, "of", 1, KR__SHARDS, of) ||
        !read_count(part, "shard", 1, (double)*of, &part->i)) {
        return refuse_note(part, err);
    }
    *n_all = 0;
    if (!member(part, "places")) return KR_OK;
    if (!read_count(part, "of_all", 1, INT32_MAX, n_all)) return refuse_note(part, err);
    return read_series(part, *n_all, err);
}

/* ---- two notes -------------------------------------------------------------------------- */

static kr_status compare_texts(const merge_part *a, const merge_part *b, kr_error *err) {
    static const char *const names[][2] = {{"command", "krait"}, {"krait", "version"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *was = merge_text(a, names[i][0]), *is = merge_text(b, names[i][0]);
        if (strcmp(was, is) == 0) continue;
        return kr_fail(err, KR_FORMAT, "%s: is of %s %.60s, and %s of %s %.60s", b->output,
                       names[i][1], is, a->output, names[i][1], was);
    }
    if (strcmp(merge_text(a, "fingerprint"), merge_text(b, "fingerprint")) == 0) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%s: is of another table than %s: %.200s does not hold what %.200s held",
                   b->output, a->output, merge_text(b, "data"), merge_text(a, "data"));
}

static kr_status compare_settings(const merge_part *a, const merge_part *b, kr_error *err) {
    const cJSON *was = member(a, "settings"), *is = member(b, "settings"), *item = NULL;
    if (!was || cJSON_GetArraySize(was) != cJSON_GetArraySize(is)) return refuse_note(b, err);
    cJSON_ArrayForEach(item, was) {
        const char *x = cJSON_GetStringValue(item),
                   *y = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(is, item->string));
        if (!x || !y) return refuse_note(b, err);
        if (strcmp(x, y) == 0) continue;
        return kr_fail(err, KR_FORMAT, "%s: was made with --%s %.200s, and %s with %.200s",
                       b->output, item->string, *y ? y : "\"\"", a->output, *x ? x : "\"\"");
    }
    return KR_OK;
}

/* ---- all of them ------------------------------------------------------------------------ */

static int compare_parts(const void *a, const void *b) {
    const merge_part *x = a, *y = b;
    return (x->i > y->i) - (x->i < y->i);
}

/* Once each. */
static kr_status check_parts(const merge *m, int64_t of, kr_error *err) {
    for (int64_t k = 1; k < m->n; k++) {
        if (m->parts[k].i != m->parts[k - 1].i) continue;
        return kr_fail(err, KR_FORMAT, "shard %" PRId64 "/%" PRId64 " is there twice: %s and %s",
                       m->parts[k].i, of, m->parts[k - 1].output, m->parts[k].output);
    }
    for (int64_t k = 0; k < of; k++) {
        if (k < m->n && m->parts[k].i == k + 1) continue;
        return kr_fail(err, KR_FORMAT,
                       "shard %" PRId64 "/%" PRId64 " is missing; all %" PRId64 " are needed",
                       k + 1, of, of);
    }
    return KR_OK;
}

static kr_status find_owners(merge *m, kr_error *err) {
    int64_t n = 0;
    m->owner = kr__calloc((size_t)m->n_all + 1, sizeof *m->owner);
    if (!m->owner) return kr_fail(err, KR_MEMORY, "out of memory for the series");
    for (int64_t i = 0; i < m->n_all; i++) m->owner[i] = -1;
    for (int64_t k = 0; k < m->n; k++) {
        const merge_part *part = &m->parts[k];
        for (int64_t i = 0; i < part->n; i++, n++) {
            int64_t *owner = &m->owner[part->places[i]];
            if (*owner >= 0) {
                return kr_fail(err, KR_FORMAT, "\"%.80s\" is in two shards: %s and %s",
                               part->names[i], m->parts[*owner].output, part->output);
            }
            *owner = k;
        }
    }
    if (n == m->n_all) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "the shards have %" PRId64 " series together, and their table has %" PRId64
                   "; make them again",
                   n, m->n_all);
}

static kr_status read_parts(merge *m, int64_t *of, kr_error *err) {
    for (int64_t k = 0; k < m->n; k++) {
        int64_t its_of = 0, its_n = 0;
        merge_part *part = &m->parts[k], *first = &m->parts[0];
        part->output = m->call->given.words[k];
        KR_TRY(read_note(part, &its_of, &its_n, err));
        if (k == 0) {
            *of = its_of;
            m->n_all = its_n;
        }
        KR_TRY(compare_texts(first, part, err));
        if (its_of != *of) {
            return kr_fail(err, KR_FORMAT,
                           "%s: is one of %" PRId64 " shards, and %s one of %" PRId64, part->output,
                           its_of, first->output, *of);
        }
        KR_TRY(compare_settings(first, part, err));
        if (its_n != m->n_all) return refuse_note(part, err);
    }
    return KR_OK;
}

kr_status merge_open(merge *m, const command_call *call, kr_error *err) {
    int64_t of = 0;
    m->call = call;
    m->n = call->given.n_words;
    m->parts = kr__calloc((size_t)m->n, sizeof *m->parts);
    if (!m->parts) return kr_fail(err, KR_MEMORY, "out of memory for the shards");
    KR_TRY(read_parts(m, &of, err));
    qsort(m->parts, (size_t)m->n, sizeof *m->parts, compare_parts);
    KR_TRY(check_parts(m, of, err));
    m->command = merge_text(&m->parts[0], "command");
    m->by_columns = strcmp(merge_text(&m->parts[0], "parts"), "columns") == 0;
    return m->n_all > 0 ? find_owners(m, err) : KR_OK;
}

void merge_close(merge *m) {
    for (int64_t k = 0; k < m->n && m->parts; k++) {
        cJSON_Delete(m->parts[k].note);
        kr_free(m->parts[k].places);
        kr_free(m->parts[k].names);
    }
    kr_free(m->parts);
    kr_free(m->owner);
}
