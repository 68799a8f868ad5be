/* SPDX-License-Identifier: MIT
 * shard_output.c - names and notes of what a shard writes. */
#include "framework/shard_output.h"

#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/json.h"
#include "core/shard.h"
#include "core/text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "tables/rows_internal.h"

/* ---- names ------------------------------------------------------------------------------ */

kr_status shard_check(const char *shard, kr_error *err) {
    kr__shard unused;
    return kr__shard_read(shard, &unused, err);
}

void shard_rename(const char *shard, char path[KR_FLAG_TEXT]) {
    kr__shard s = {0, 0};
    char longer[KR_FLAG_TEXT], *end = path + strlen(path);
    if (kr__shard_read(shard, &s, NULL) != KR_OK || s.n == 0) return;
    while (end > path + 1 && end[-1] == '/') *--end = '\0';
    const char *name = strrchr(path, '/'), *dot = strrchr(name ? name + 1 : path, '.');
    bool has_ending = dot && dot != path && dot != (name ? name + 1 : path);
    int n = (int)((has_ending ? dot : end) - path);
    int size = snprintf(longer, sizeof longer, "%.*s-%" PRId64 "-of-%" PRId64 "%s", n, path, s.i,
                        s.n, path + n);
    if (size < KR_FLAG_TEXT) memcpy(path, longer, (size_t)size + 1);
}

const char *shard_note_path(const char *output, char path[SHARD_PATH]) {
    if (kr__is_folder(output)) return kr__path_join(output, "shard.json", path, SHARD_PATH);
    snprintf(path, SHARD_PATH, "%s.shard.json", output);
    return path;
}

/* ---- words ------------------------------------------------------------------------------ */

bool shard_is_empty(const kr_rows *rows) { return rows->whole && rows->n_series == 0; }

/* Series of the shard, or the columns that no other has. */
static int64_t count_own(const kr_rows *rows) {
    int64_t n = 0, most = rows->whole->by_columns ? rows->n_columns : rows->n_series;
    for (int64_t i = 0; i < most && rows->n_series > 0; i++) n += rows->whole->places[i] >= 0;
    return n;
}

void shard_print(const shard_part *part) {
    const kr__whole *w = part->rows->whole;
    const char *things = w->by_columns ? "columns" : "series";
    if (!part->call->out) return;
    if (shard_is_empty(part->rows)) {
        say(part->call->out, "shard %s: none of the %" PRId64 " %s of %s is in it\n", part->shard,
            w->n, things, part->data);
    } else {
        say(part->call->out, "shard %s: %" PRId64 " of %" PRId64 " %s\n", part->shard,
            count_own(part->rows), w->n, things);
    }
}

/* ---- the note --------------------------------------------------------------------------- */

/* Each part has its own place and says what it likes. */
static bool is_of_part(const char *name) {
    static const char *const names[] = {"shard", "out",   "figure", "resume",
                                        "force", "quiet", "json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

/* What changes no result may differ between parts, too. */
static bool may_differ(const char *name) {
    return is_of_part(name) || strcmp(name, "threads") == 0 || strcmp(name, "root_path") == 0;
}

static bool add_settings(cJSON *note, const shard_part *part) {
    char text[KR_FLAG_TEXT];
    cJSON *values = cJSON_AddObjectToObject(note, "settings");
    for (int i = 0; i < part->table->count && values; i++) {
        const kr_flag *flag = &part->table->flags[i];
        if (may_differ(flag->name)) continue;
        kr__flag_get(flag, part->config, text, sizeof text);
        if (!kr__json_add_text(values, flag->name, text)) return false;
    }
    return values != NULL;
}

/* The command line again, without what differs between parts. */
static bool add_words(cJSON *note, const settings_given *given) {
    cJSON *words = cJSON_AddArrayToObject(note, "words");
    bool is_made = words != NULL;
    for (int i = 0; i < given->n_words && is_made; i++) {
        is_made = cJSON_AddItemToArray(words, cJSON_CreateString(given->words[i]));
    }
    for (int i = 0; i < given->n && is_made; i++) {
        const char *name = given->options[i]->name, *text = given->texts[i];
        char flag[KR_FLAG_TEXT];
        if (is_of_part(name)) continue;
        snprintf(flag, sizeof flag, text ? "--%s=%s" : "--%s", name, text);
        is_made = cJSON_AddItemToArray(words, cJSON_CreateString(flag));
    }
    return is_made;
}

const char *shard_fingerprint(uint64_t fingerprint, char text[SHARD_FINGERPRINT]) {
    snprintf(text, SHARD_FINGERPRINT, "%016" PRIx64, fingerprint);
    return text;
}

static bool add_series(cJSON *note, const kr_rows *rows) {
    const kr__whole *w = rows->whole;
    char text[SHARD_FINGERPRINT];
    cJSON *places = NULL, *names = NULL;
    bool is_made =
        kr__json_add_text(note, "fingerprint", shard_fingerprint(w->fingerprint, text)) &&
        kr__json_add_text(note, "parts", w->by_columns ? "columns" : "series") &&
        kr__json_add_int(note, "of_all", w->n) &&
        (places = cJSON_AddArrayToObject(note, "places")) &&
        (names = cJSON_AddArrayToObject(note, "names"));
    int64_t n = rows->n_series == 0 ? 0 : w->by_columns ? rows->n_columns : rows->n_series;
    for (int64_t i = 0; i < n && is_made; i++) {
        const char *name = w->by_columns ? rows->columns[i] : rows->series[i];
        if (w->places[i] < 0) continue;
        is_made = cJSON_AddItemToArray(places, cJSON_CreateNumber((double)w->places[i])) &&
                  cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
    return is_made;
}

static char *print_note(const shard_part *part) {
    char *text = NULL;
    kr__shard s = {0, 0};
    cJSON *note = cJSON_CreateObject();
    kr__shard_read(part->shard, &s, NULL);
    if (note && kr__json_add_text(note, "kind", SHARD_KIND) &&
        kr__json_add_text(note, "krait", KR_VERSION_STRING) &&
        kr__json_add_text(note, "command", part->call->self->name) &&
        kr__json_add_int(note, "shard", s.i) && kr__json_add_int(note, "of", s.n) &&
        (!part->data || kr__json_add_text(note, "data", part->data)) && add_settings(note, part) &&
        add_words(note, &part->call->given) && (!part->rows || add_series(note, part->rows))) {
        text = json_print_line(note);
    }
    cJSON_Delete(note);
    return text;
}

void shard_note_remove(const char *output) {
    char path[SHARD_PATH];
    remove(shard_note_path(output, path));
}

kr_status shard_note_write(const shard_part *part, const char *output, kr_error *err) {
    char path[SHARD_PATH];
    char *text = print_note(part);
    shard_note_path(output, path);
    if (!text) return kr_fail(err, KR_MEMORY, "%s: out of memory", path);
    kr_status status = kr__file_write(path, text, strlen(text), err);
    kr_free(text);
    return status;
}

kr_status shard_write_empty(const shard_part *part, const char *output, kr_error *err) {
    KR_TRY(kr__file_write(output, "", 0, err));
    return shard_note_write(part, output, err);
}
