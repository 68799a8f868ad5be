/* SPDX-License-Identifier: MIT
 * merge_sweep.c - the sweeps of shards as one: their journals joined, their models copied, and then
 * the same `krait sweep`, which finds nothing left to train and says which settings are best. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "merge/merge_command.h"

/* ---- the journal ------------------------------------------------------------------------ */

typedef struct journal {
    char *text;
    size_t n, n_head; /* bytes; of the first line, with its end */
} journal;

static kr_status read_journal(const merge_part *part, journal *out, kr_error *err) {
    const size_t most = (size_t)256 << 20;
    char path[SHARD_PATH];
    uint8_t *bytes = NULL;
    kr__path_join(part->output, "sweep.jsonl", path, sizeof path);
    KR_TRY(kr__file_read(path, most, &bytes, &out->n, err));
    out->text = (char *)bytes;
    const char *end = memchr(out->text, '\n', out->n);
    out->n_head = end ? (size_t)(end - out->text) + 1 : out->n;
    if (end && out->text[out->n - 1] == '\n') return KR_OK;
    return kr_fail(err, KR_FORMAT, "%s: ends in the middle of a line; the same sweep continues it",
                   path);
}

/* What is swept, and all other settings, are in the first line. */
static kr_status compare_heads(const merge *m, const journal *all, int64_t k, kr_error *err) {
    if (all[k].n_head == all[0].n_head && memcmp(all[k].text, all[0].text, all[0].n_head) == 0) {
        return KR_OK;
    }
    return kr_fail(err, KR_FORMAT, "%s: is of another sweep than %s", m->parts[k].output,
                   m->parts[0].output);
}

static kr_status write_journal(const merge *m, const journal *all, kr_error *err) {
    char path[SHARD_PATH];
    kr_file_writer w;
    KR_TRY(kr__file_writer_open(kr__path_join(m->out, "sweep.jsonl", path, sizeof path), &w, err));
    FILE *file = w.stream;
    fwrite(all[0].text, 1, all[0].n_head, file);
    for (int64_t k = 0; k < m->n; k++) {
        fwrite(all[k].text + all[k].n_head, 1, all[k].n - all[k].n_head, file);
    }
    return kr__file_writer_commit(&w, err);
}

static kr_status join_journals(const merge *m, kr_error *err) {
    journal *all = kr__calloc((size_t)m->n, sizeof *all);
    kr_status status = all ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the journals");
    for (int64_t k = 0; k < m->n && status == KR_OK; k++) {
        status = read_journal(&m->parts[k], &all[k], err);
        if (status == KR_OK) status = compare_heads(m, all, k, err);
    }
    if (status == KR_OK) status = write_journal(m, all, err);
    for (int64_t k = 0; k < m->n && all; k++) kr_free(all[k].text);
    kr_free(all);
    return status;
}

/* ---- models ----------------------------------------------------------------------------- */

static kr_status copy_file(const char *from, const char *to, kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n = 0;
    KR_TRY(kr__file_read(from, SIZE_MAX / 2, &bytes, &n, err));
    kr_status status = kr__file_write(to, bytes, n, err);
    kr_free(bytes);
    return status;
}

static kr_status copy_all(const char *from, const char *to, kr_error *err) {
    char source[SHARD_PATH], place[SHARD_PATH], **names = NULL;
    kr_arena arena = {0};
    int64_t n = 0;
    if (!kr__is_folder(from)) return copy_file(from, to, err);
    kr_status status = kr__make_folders(to, err);
    if (status == KR_OK) status = kr__folder_list(from, &arena, &names, &n, err);
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        kr__path_join(from, names[i], source, sizeof source);
        status = copy_all(source, kr__path_join(to, names[i], place, sizeof place), err);
    }
    kr__arena_deinit(&arena);
    return status;
}

static kr_status copy_models(const merge *m, kr_error *err) {
    char from[SHARD_PATH], to[SHARD_PATH];
    kr__path_join(m->out, "trials", to, sizeof to);
    for (int64_t k = 0; k < m->n; k++) {
        kr__path_join(m->parts[k].output, "trials", from, sizeof from);
        if (kr__is_folder(from)) KR_TRY(copy_all(from, to, err));
    }
    return KR_OK;
}

/* ---- all of it -------------------------------------------------------------------------- */

kr_status merge_sweeps(const merge *m, kr_error *err) {
    char path[SHARD_PATH];
    if (kr__file_exists(kr__path_join(m->out, "sweep.jsonl", path, sizeof path))) {
        return kr_fail(err, KR_USAGE, "%s: is there already; name another place with --out", path);
    }
    KR_TRY(kr__make_folders(m->out, err));
    KR_TRY(copy_models(m, err));
    KR_TRY(join_journals(m, err));
    return merge_run(m, &command_sweep, err);
}
