/* SPDX-License-Identifier: MIT
 * output_folder.c - whose is what a folder of results holds? */
#define _XOPEN_SOURCE 700
#include "framework/output_folder.h"
#include "core/json.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "framework/json_numbers.h"

enum { PATH_SIZE = 3 * KR_FLAG_TEXT, NOTE_NAME = NAME_MAX + 1 };

static bool is_among(const char *name, const char *const *names) {
    for (; names && *names; names++) {
        if (strcmp(name, *names) == 0) return true;
    }
    return false;
}

/* ---- what is there ------------------------------------------------------------------------ */

static kr_status find_file(const char *path, bool *is_found, kr_error *err);

/* Names that begin with a dot are not looked at: the note is one. */
static kr_status find_in_folder(const char *path, bool *is_found, kr_error *err) {
    char inside[PATH_SIZE], **names = NULL;
    kr_arena arena = {0};
    int64_t n = 0;
    kr_status status = kr__folder_list(path, &arena, &names, &n, err);
    for (int64_t i = 0; i < n && status == KR_OK && !*is_found; i++) {
        status = find_file(kr__path_join(path, names[i], inside, sizeof inside), is_found, err);
    }
    kr__arena_deinit(&arena);
    return status;
}

/* A file at path or below it, for a device holds nothing; *is_found is false before. */
static kr_status find_file(const char *path, bool *is_found, kr_error *err) {
    if (kr__is_folder(path)) return find_in_folder(path, is_found, err);
    *is_found = kr__file_exists(path) && !kr__is_device(path);
    return KR_OK;
}

/* ---- the note ----------------------------------------------------------------------------- */

/* Hidden, so that no list of results has it. */
static const char *name_note(const output_claim *c, char path[PATH_SIZE]) {
    char name[NOTE_NAME];
    snprintf(name, sizeof name, ".krait_%s%s%.200s.json", c->call->self->name, c->of ? "." : "",
             c->of ? c->of : "");
    return kr__path_join(c->folder, name, path, PATH_SIZE);
}

/* The same from any folder. */
static const char *full_path(const char *path, char full[PATH_MAX]) {
    return realpath(path, full) ? full : path;
}

static bool add_settings(cJSON *note, const output_claim *c) {
    char text[KR_FLAG_TEXT];
    cJSON *values = cJSON_AddObjectToObject(note, "settings");
    for (int i = 0; i < c->table->count && values; i++) {
        const kr_flag *flag = &c->table->flags[i];
        if (is_among(flag->name, c->ignored)) continue;
        kr__flag_get(flag, c->config, text, sizeof text);
        if (!kr__json_add_text(values, flag->name, text)) return false;
    }
    return values != NULL;
}

/* NULL: no memory. */
static char *print_note(const output_claim *c) {
    char full[PATH_MAX], *text = NULL;
    cJSON *note = cJSON_CreateObject();
    if (note && kr__json_add_text(note, "krait", KR_VERSION_STRING) &&
        kr__json_add_text(note, "command", c->call->given.command_line) &&
        kr__json_add_text(note, "data", full_path(c->data, full)) && add_settings(note, c)) {
        text = json_print(note);
    }
    cJSON_Delete(note);
    return text;
}

/* *note stays NULL: there is none, or none that can be read. */
static kr_status read_note(const char *path, cJSON **note, kr_error *err) {
    const size_t most = (size_t)1 << 20;
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (!kr__file_exists(path)) return KR_OK;
    kr_status status = kr__file_read(path, most, &bytes, &n, err);
    if (status == KR_OK) status = kr__json_parse((const char *)bytes, n, note, NULL);
    kr_free(bytes);
    return status == KR_MEMORY ? kr_fail(err, status, "%s: out of memory", path) : KR_OK;
}

/* ---- whose it is -------------------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static kr_status compare_data(const output_claim *c, const cJSON *note, const char *found,
                              kr_error *err) {
    char full[PATH_MAX];
    const char *is = full_path(c->data, full), *was = text_of(note, "data");
    if (was && strcmp(was, is) == 0) return KR_OK;
    return kr_fail(err, KR_IO,
                   "%s: is of %s of %.300s, not of %.300s; name another place with %s, or replace "
                   "it with --force",
                   found, c->noun, was ? was : "other data", is, c->elsewhere);
}

/* What a note does not have was not yet there when it was made, so that it had its default. */
static kr_status compare_setting(const output_claim *c, const cJSON *values, const kr_flag *flag,
                                 const void *defaults, const char *found, kr_error *err) {
    char was[KR_FLAG_TEXT], is[KR_FLAG_TEXT];
    const char *text = text_of(values, flag->name);
    kr__flag_get(flag, defaults, was, sizeof was);
    if (text) snprintf(was, sizeof was, "%s", text);
    kr__flag_get(flag, c->config, is, sizeof is);
    if (strcmp(was, is) == 0) return KR_OK;
    return kr_fail(err, KR_IO,
                   "%s: is of %s with --%s %.200s, not %.200s; name another place with %s, or "
                   "replace it with --force",
                   found, c->noun, flag->name, *was ? was : "\"\"", *is ? is : "\"\"",
                   c->elsewhere);
}

static kr_status compare(const output_claim *c, const cJSON *note, const char *found,
                         kr_error *err) {
    void *defaults = kr__calloc(1, c->table->size);
    if (!defaults) return kr_fail(err, KR_MEMORY, "%s: out of memory", found);
    kr__flags_init(c->table, defaults);
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(note, "settings");
    kr_status status = compare_data(c, note, found, err);
    for (int i = 0; i < c->table->count && status == KR_OK; i++) {
        const kr_flag *flag = &c->table->flags[i];
        if (is_among(flag->name, c->ignored) || is_among(flag->name, c->may_change)) continue;
        status = compare_setting(c, values, flag, defaults, found, err);
    }
    kr_free(defaults);
    return status;
}

static kr_status check(const output_claim *c, const char *path, kr_error *err) {
    const char *found = NULL;
    bool holds = false;
    for (int i = 0; i < OUTPUT_HOLDS && !holds; i++) {
        if (c->holds[i]) KR_TRY(find_file(c->holds[i], &holds, err));
        if (holds) found = c->holds[i];
    }
    if (!holds || c->is_compared || settings_own(&c->call->given, "force")) return KR_OK;
    cJSON *note = NULL;
    KR_TRY(read_note(path, &note, err));
    if (!note && c->goes_on) return KR_OK;
    kr_status status = KR_OK;
    if (note) {
        status = compare(c, note, found, err);
    } else {
        status = kr_fail(err, KR_IO,
                         "%s: is there already, and no %s says of which settings; name another "
                         "place with %s, or replace it with --force",
                         found, path, c->elsewhere);
    }
    cJSON_Delete(note);
    return status;
}

/* ---- taking and leaving ------------------------------------------------------------------- */

enum { MOST_TAKEN = 2 };

static struct {
    int lock;
    char folder[PATH_SIZE];
    size_t n_old; /* bytes of folder that name what was there before */
    char note[PATH_SIZE], holds[OUTPUT_HOLDS][PATH_SIZE]; /* "": none */
    char *new_note;                                       /* until it is accepted; or NULL */
} taken[MOST_TAKEN];
static int n_taken;

/* How much of path is there already? */
static size_t measure_old(const char *path) {
    char part[PATH_SIZE];
    size_t n = (size_t)snprintf(part, sizeof part, "%s", path);
    while (n > 0 && !kr__is_folder(part)) {
        while (n > 0 && part[n - 1] == '/') n--;
        while (n > 0 && part[n - 1] != '/') n--;
        part[n] = '\0';
    }
    return n;
}

/* Those that were made and are still empty. */
static void remove_folders(char *path, size_t n_old) {
    for (size_t n = strlen(path); n > n_old && rmdir(path) == 0; path[n] = '\0') {
        while (n > 0 && path[n - 1] == '/') n--;
        while (n > 0 && path[n - 1] != '/') n--;
    }
}

kr_status output_folder_lock(const char *folder, kr_error *err) {
    int lock = -1;
    size_t n_old = measure_old(folder);
    KR_TRY(kr__make_folders(folder, err));
    KR_TRY(kr__folder_lock(folder, &lock, err));
    memset(&taken[n_taken], 0, sizeof taken[n_taken]);
    snprintf(taken[n_taken].folder, PATH_SIZE, "%s", folder);
    taken[n_taken].n_old = n_old;
    taken[n_taken++].lock = lock;
    return KR_OK;
}

/* Of a state that may be refused yet the old note stays. */
static kr_status leave_note(const output_claim *c, const char *path, kr_error *err) {
    char *text = print_note(c);
    if (!text) return kr_fail(err, KR_MEMORY, "%s: out of memory", path);
    if (c->is_compared && kr__file_exists(path)) {
        taken[n_taken - 1].new_note = text;
        return KR_OK;
    }
    kr_status status = kr__file_write(path, text, strlen(text), err);
    kr_free(text);
    return status;
}

kr_status output_folder_take(const output_claim *claim, kr_error *err) {
    char path[PATH_SIZE];
    KR_TRY(output_folder_lock(claim->folder, err));
    KR_TRY(check(claim, name_note(claim, path), err));
    KR_TRY(leave_note(claim, path, err));
    memcpy(taken[n_taken - 1].note, path, sizeof path);
    for (int i = 0; i < OUTPUT_HOLDS; i++) {
        if (!claim->holds[i]) continue;
        snprintf(taken[n_taken - 1].holds[i], PATH_SIZE, "%s", claim->holds[i]);
        kr__file_remove_dead(claim->holds[i]); /* who goes on may not write it again */
    }
    return KR_OK;
}

void output_folder_accept(void) {
    for (int i = 0; i < n_taken; i++) {
        char *text = taken[i].new_note;
        if (text) kr__file_write(taken[i].note, text, strlen(text), NULL);
        kr_free(text);
        taken[i].new_note = NULL;
    }
}

/* Where that cannot be told, the note stays. */
static bool may_hold(const char *path) {
    bool is_found = false;
    return *path && (find_file(path, &is_found, NULL) != KR_OK || is_found);
}

void output_folder_leave(void) {
    while (n_taken > 0) {
        n_taken--;
        bool holds = false;
        kr_free(taken[n_taken].new_note);
        for (int i = 0; i < OUTPUT_HOLDS; i++) holds |= may_hold(taken[n_taken].holds[i]);
        if (!holds && *taken[n_taken].note) remove(taken[n_taken].note);
        remove_folders(taken[n_taken].folder, taken[n_taken].n_old);
        kr__folder_unlock(taken[n_taken].lock);
    }
}
