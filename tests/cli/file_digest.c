/* SPDX-License-Identifier: MIT
 * file_digest.c - for tests of the command line: what do the files of a folder hold?
 *
 *     file_digest [--torn] FOLDER
 *
 * A line for each file, its path and the hash of what it says but for what differs between two
 * equal runs: times, memory, threads, the command line. In place of the hash it says why a file
 * cannot be read. A file of lines may have been added to twice, in another order; with --torn it
 * may also end within a line, which a killed process may leave, and temporary files are left out.
 */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kr/files.h>

#include "core/json.h"
#include "core/platform.h"
#include "support/sha256.h"

static bool may_be_torn;

/* What a file says, put together for the hash. */
static FILE *said;

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* ---- what differs between equal runs ------------------------------------------------------ */

static bool is_of_this_run(const char *name) {
    static const char *const names[] = {"threads", "jobs", "command", "peak_rss_bytes", "resume"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return ends_with(name, "seconds") || ends_with(name, "_ms") || ends_with(name, "_per_s");
}

static void forget_this_run(cJSON *item) {
    cJSON *next = NULL;
    for (cJSON *child = item->child; child; child = next) {
        next = child->next;
        if (child->string && is_of_this_run(child->string)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(item, child));
        } else {
            forget_this_run(child);
        }
    }
}

/* ---- texts -------------------------------------------------------------------------------- */

static bool say_json(const char *text, size_t n) {
    cJSON *item = NULL;
    if (kr__json_parse(text, n, &item, NULL) != KR_OK) return false;
    forget_this_run(item);
    char *printed = cJSON_PrintUnformatted(item);
    fputs(printed, said);
    cJSON_free(printed);
    cJSON_Delete(item);
    return true;
}

static int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each line once, and without beginnings of others; NULL where the text ends within one. */
static char **sort_lines(char *text, size_t size, size_t *n) {
    char **lines = calloc(size + 1, sizeof *lines);
    *n = 0;
    if (size > 0 && text[size - 1] != '\n' && !may_be_torn) {
        free(lines);
        return NULL;
    }
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        lines[(*n)++] = line;
    }
    qsort(lines, *n, sizeof *lines, compare_lines);
    size_t n_different = 0;
    for (size_t i = 0; i < *n; i++) {
        bool has_more = i + 1 < *n && strncmp(lines[i], lines[i + 1], strlen(lines[i])) == 0;
        if (!has_more) lines[n_different++] = lines[i];
    }
    *n = n_different;
    return lines;
}

static const char *say_lines(char *text, size_t size) {
    size_t n = 0;
    char **lines = sort_lines(text, size, &n);
    if (!lines) return "ends within a line";
    for (size_t i = 0; i < n; i++) fprintf(said, "%s\n", lines[i]);
    free(lines);
    return NULL;
}

/* A journal: what is true at its end. Lines without what differs are sorted once more. */
static const char *say_journal(char *text, size_t size) {
    char *plain = NULL;
    size_t n_plain = 0;
    FILE *outer = said;
    const char *wrong =
        size > 0 && text[size - 1] != '\n' && !may_be_torn ? "ends within a line" : NULL;
    said = open_memstream(&plain, &n_plain);
    for (char *line = text, *end; !wrong && (end = strchr(line, '\n')); line = end + 1) {
        if (!say_json(line, (size_t)(end - line))) wrong = "has a line that is no JSON";
        fputc('\n', said);
    }
    fclose(said);
    said = outer;
    if (!wrong) wrong = say_lines(plain, n_plain);
    free(plain);
    return wrong;
}

/* Rows of as many cells as the first one has; names of columns say what is left out. No cell of
 * ours has a comma. */
static const char *say_table(char *text, size_t size) {
    enum { MOST_COLUMNS = 64 };
    bool is_left_out[MOST_COLUMNS] = {false};
    int n_columns = 0;
    if (size == 0 || text[size - 1] != '\n') return "ends within a line";
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        int column = 0;
        *end = '\0';
        for (char *cell = line, *comma; cell; cell = comma ? comma + 1 : NULL, column++) {
            if ((comma = strchr(cell, ','))) *comma = '\0';
            if (column >= MOST_COLUMNS) return "has too many columns";
            if (line == text) is_left_out[column] = is_of_this_run(cell);
            if (!is_left_out[column]) fprintf(said, "%s,", cell);
        }
        if (line == text) n_columns = column;
        if (column != n_columns) return "has a row of another length";
        fputc('\n', said);
    }
    return NULL;
}

/* ---- tensors ------------------------------------------------------------------------------ */

/* Records of epochs have two times in each row (epoch_record.c). */
static void forget_times(kr_array *array) {
    double *values = array->data;
    if (!ends_with(array->name, "records") || array->rank != 2 || array->shape[1] != 9) return;
    for (int64_t i = 0; i < array->shape[0]; i++) values[9 * i + 6] = values[9 * i + 7] = 0;
}

static const char *say_tensors(const char *path, kr_error *err) {
    kr_tensor_file *file = NULL;
    if (kr_tensor_file_open(path, &file, err) != KR_OK) return err->text;
    const char *wrong = NULL;
    for (int64_t i = 0; i < kr_tensor_file_count(file) && !wrong; i++) {
        kr_array array;
        if (kr_tensor_file_get(file, i, &array, err) != KR_OK) {
            wrong = err->text;
            break;
        }
        forget_times(&array);
        fprintf(said, "%s %d %jd ", array.name, array.dtype, (intmax_t)array.n);
        fwrite(array.data, kr_dtype_size(array.dtype), (size_t)array.n, said);
        kr_array_deinit(&array);
    }
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(file); i++) {
        kr_text_pair pair = kr_tensor_file_metadata(file, i);
        const char *dot = strrchr(pair.key, '.');
        if (is_of_this_run(dot ? dot + 1 : pair.key)) continue;
        fprintf(said, "%s=", pair.key);
        if (*pair.value != '{' || !say_json(pair.value, strlen(pair.value)))
            fputs(pair.value, said);
    }
    kr_tensor_file_close(file);
    return wrong;
}

/* ---- files -------------------------------------------------------------------------------- */

static bool contains(const uint8_t *bytes, size_t n, const char *text) {
    size_t n_text = strlen(text);
    for (size_t i = 0; i + n_text <= n; i++) {
        if (memcmp(bytes + i, text, n_text) == 0) return true;
    }
    return false;
}

/* A whole picture has its end near the end. */
static const char *say_bytes(const char *path, const uint8_t *bytes, size_t n) {
    static const char *const ends[][2] = {
        {".png", "IEND"}, {".pdf", "%%EOF"}, {".html", "</html>"}};
    const size_t tail = n < 16 ? n : 16;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (!ends_with(path, ends[i][0])) continue;
        if (!contains(bytes + n - tail, tail, ends[i][1])) return "has no end";
    }
    fwrite(bytes, 1, n, said);
    return NULL;
}

static const char *say_array(const char *path, const uint8_t *bytes, size_t n, kr_error *err) {
    kr_array array;
    if (kr_npy_read(path, &array, err) != KR_OK) return err->text;
    kr_array_deinit(&array);
    return say_bytes(path, bytes, n);
}

static const char *say_file(const char *path, uint8_t *bytes, size_t n, kr_error *err) {
    char *text = (char *)bytes; /* ends with a zero */
    if (ends_with(path, ".tmp")) return "is a temporary file";
    if (ends_with(path, ".json")) return say_json(text, n) ? NULL : "is no JSON";
    if (ends_with(path, ".jsonl")) return say_journal(text, n);
    if (ends_with(path, ".csv")) return say_table(text, n);
    if (ends_with(path, ".txt")) return say_lines(text, n);
    if (ends_with(path, ".npy")) return say_array(path, bytes, n, err);
    if (ends_with(path, ".safetensors") || ends_with(path, ".pt")) return say_tensors(path, err);
    return say_bytes(path, bytes, n);
}

static int look_at(const char *path, const struct stat *info, int kind, struct FTW *where) {
    char hash[65], *text = NULL;
    size_t n = 0, n_text = 0;
    uint8_t *bytes = NULL;
    kr_error err = {.text = ""};
    (void)info;
    (void)where;
    if (kind != FTW_F || (may_be_torn && ends_with(path, ".tmp"))) return 0;
    said = open_memstream(&text, &n_text);
    const char *wrong = kr__file_read(path, (size_t)1 << 28, &bytes, &n, &err) == KR_OK
                            ? say_file(path, bytes, n, &err)
                            : err.text;
    fclose(said);
    kr_sha256(text, n_text, hash);
    printf("%s %s%s\n", path, wrong ? "CANNOT BE READ: " : "", wrong ? wrong : hash);
    kr_free(bytes);
    free(text);
    return 0;
}

int main(int argc, char **argv) {
    enum { DESCRIPTORS = 16 };
    may_be_torn = argc == 3 && strcmp(argv[1], "--torn") == 0;
    if (argc != 2 + may_be_torn) return 2;
    return nftw(argv[argc - 1], look_at, DESCRIPTORS, FTW_PHYS) == 0 ? 0 : 1;
}
