/* SPDX-License-Identifier: MIT
 * zip_archive.c - members of a zip file through libzip, with limits.
 *
 * libzip trusts the central directory, which is right for numpy and PyTorch: their local headers
 * hold 0xffffffff or 0 in place of sizes. */
#include "files/zip_archive.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>
#include <zlib.h>

#include "core/arena.h"
#include "core/platform.h"
#include "files/unpack_limit.h"

typedef struct entry {
    const char *name;
    int64_t member;
} entry;

struct kr__zip {
    zip_t *archive;
    char *path;
    uint64_t file_size;
    int64_t count;
    entry *entries; /* count, by their names: libzip's own search says "not there" for want of
                       memory */
};

enum {
    DEFLATE_LIMIT = 1032, /* deflate cannot shrink more than that */
    SMALLEST = 22         /* an archive without members; libzip takes an empty file for one */
};

/* ---- errors ----------------------------------------------------------------------------- */

bool kr__zip_lacked_memory(void *error) {
    int code = zip_error_code_zip(error);
    /* Some of its failures have no reason; only an allocation fails there. */
    return code == ZIP_ER_OK || code == ZIP_ER_MEMORY ||
           (code == ZIP_ER_ZLIB && zip_error_code_system(error) == Z_MEM_ERROR);
}

static kr_status refuse(const char *name, zip_error_t *error, const char *what, kr_error *err) {
    if (kr__zip_lacked_memory(error)) return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    return kr_fail(err, KR_FORMAT, "%s: %s: %s", name, what, zip_error_strerror(error));
}

/* libzip may take want of memory for an archive that is none. So that is tried a second time, as
 * the want may have passed; where it lasts, a block as libzip needs it is not to be had either. */
static zip_t *open_archive(zip_source_t *source, zip_error_t *error) {
    enum { BLOCK = 1 << 17 };
    zip_t *archive = zip_open_from_source(source, ZIP_RDONLY, error);
    if (archive) return archive;
    void *room = kr__calloc(BLOCK, 1);
    if (!room) {
        zip_error_set(error, ZIP_ER_MEMORY, 0);
        return NULL;
    }
    kr_free(room);
    return zip_open_from_source(source, ZIP_RDONLY, error);
}

/* ---- opening ---------------------------------------------------------------------------- */

/* Members that share their bytes could make a small file unpack to any size. */
static kr_status check_overlap(const kr__zip *zip, kr_error *err) {
    uint64_t sum = 0;
    for (int64_t i = 0; i < zip->count; i++) {
        zip_stat_t info;
        bool is_known = zip_stat_index(zip->archive, (zip_uint64_t)i, 0, &info) == 0 &&
                        (info.valid & ZIP_STAT_COMP_SIZE);
        if (is_known && !__builtin_add_overflow(sum, info.comp_size, &sum) &&
            sum <= zip->file_size) {
            continue;
        }
        return kr_fail(err, KR_FORMAT,
                       "%s: its members need more bytes than it has; it was cut "
                       "short, or is damaged",
                       zip->path);
    }
    return KR_OK;
}

static int compare_entries(const void *a, const void *b) {
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static kr_status check_directory(kr__zip *zip, kr_error *err) {
    char quote[KR_QUOTE_SIZE];
    size_t n = zip->count > 0 ? (size_t)zip->count : 0;
    zip->entries = kr__calloc(n + 1, sizeof *zip->entries);
    if (!zip->entries) return kr_fail(err, KR_MEMORY, "%s: out of memory", zip->path);
    for (size_t i = 0; i < n; i++) {
        zip->entries[i] = (entry){zip_get_name(zip->archive, i, 0), (int64_t)i};
        if (!zip->entries[i].name)
            return refuse(zip->path, zip_get_error(zip->archive), "a member has no name", err);
    }
    qsort(zip->entries, n, sizeof *zip->entries, compare_entries);
    for (size_t i = 1; i < n; i++) {
        const char *name = zip->entries[i].name;
        if (strcmp(zip->entries[i - 1].name, name) != 0) continue;
        return kr_fail(err, KR_FORMAT, "%s: member \"%s\" is there twice", zip->path,
                       kr__quote(name, strlen(name), quote));
    }
    return check_overlap(zip, err);
}

/* Takes over source, also when it fails. */
static kr_status open_source(const char *name, zip_source_t *source, uint64_t file_size,
                             kr__zip **out, kr_error *err) {
    kr_status status = KR_OK;
    size_t n_name = strlen(name) + 1;
    zip_error_t error;
    zip_error_init(&error);
    kr__zip *zip = kr__calloc(1, sizeof *zip);
    if (zip) zip->path = kr__calloc(n_name, 1);
    if (!zip || !zip->path || !source) {
        status = kr_fail(err, KR_MEMORY, "%s: out of memory", name);
        goto done;
    }
    if (file_size < SMALLEST) {
        status = kr_fail(err, KR_FORMAT, "%s: is not a zip file: too short", name);
        goto done;
    }
    memcpy(zip->path, name, n_name);
    zip->file_size = file_size;
    zip->archive = open_archive(source, &error);
    if (!zip->archive) {
        status = refuse(name, &error, "is not a zip file, or damaged", err);
        goto done;
    }
    source = NULL; /* the archive owns it now */
    zip->count = zip_get_num_entries(zip->archive, 0);
    status = check_directory(zip, err);
done:
    zip_error_fini(&error);
    zip_source_free(source);
    if (status == KR_OK) {
        *out = zip;
    } else {
        kr__zip_close(zip);
    }
    return status;
}

kr_status kr__zip_open(const char *path, kr__zip **out, kr_error *err) {
    FILE *stream = NULL;
    size_t n_bytes = 0;
    KR_TRY(kr__file_open(path, PTRDIFF_MAX, &stream, &n_bytes, err));
    zip_source_t *source = zip_source_filep_create(stream, 0, -1, NULL);
    if (!source) fclose(stream);
    return open_source(path, source, n_bytes, out, err);
}

kr_status kr__zip_open_memory(const char *name, const void *bytes, size_t n_bytes, kr__zip **out,
                              kr_error *err) {
    return open_source(name, zip_source_buffer_create(bytes, n_bytes, 0, NULL), n_bytes, out, err);
}

void kr__zip_close(kr__zip *zip) {
    if (!zip) return;
    if (zip->archive) zip_discard(zip->archive);
    kr_free(zip->entries);
    kr_free(zip->path);
    kr_free(zip);
}

const char *kr__zip_path(const kr__zip *zip) { return zip->path; }
uint64_t kr__zip_file_size(const kr__zip *zip) { return zip->file_size; }
int64_t kr__zip_count(const kr__zip *zip) { return zip->count; }

const char *kr__zip_name(const kr__zip *zip, int64_t i) {
    return zip_get_name(zip->archive, (zip_uint64_t)i, 0);
}

int64_t kr__zip_find(const kr__zip *zip, const char *name) {
    const entry wanted = {.name = name};
    const entry *found =
        bsearch(&wanted, zip->entries, (size_t)zip->count, sizeof *zip->entries, compare_entries);
    return found ? found->member : -1;
}

/* ---- members ---------------------------------------------------------------------------- */

static kr_status read_member(kr__source *source, void *to, size_t n, kr_error *err) {
    char *at = to;
    while (n > 0) {
        zip_int64_t got = zip_fread(source->handle, at, n);
        if (got < 0) {
            return refuse(source->name, zip_file_get_error(source->handle), "is damaged", err);
        }
        if (got == 0) return kr_fail(err, KR_FORMAT, "%s: a member is cut short", source->name);
        at += got;
        n -= (size_t)got;
    }
    return KR_OK;
}

static kr_status check_member(const kr__zip *zip, const zip_stat_t *info, kr_error *err) {
    enum { NEEDED = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD };
    char quote[KR_QUOTE_SIZE];
    const char *name = kr__quote(info->name, strlen(info->name), quote);
    if ((info->valid & NEEDED) != NEEDED || info->comp_size > zip->file_size) {
        return kr_fail(err, KR_FORMAT, "%s: member \"%s\" does not fit the file; it was cut short",
                       zip->path, name);
    }
    if ((info->valid & ZIP_STAT_ENCRYPTION_METHOD) && info->encryption_method != ZIP_EM_NONE) {
        return kr_fail(err, KR_UNSUPPORTED, "%s: member \"%s\" is encrypted", zip->path, name);
    }
    bool is_stored = info->comp_method == ZIP_CM_STORE;
    if (!is_stored && info->comp_method != ZIP_CM_DEFLATE) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "%s: member \"%s\" is packed with method %d; stored and deflated are read",
                       zip->path, name, (int)info->comp_method);
    }
    if (is_stored ? info->size != info->comp_size : info->size / DEFLATE_LIMIT > info->comp_size) {
        return kr_fail(err, KR_FORMAT, "%s: member \"%s\" claims an impossible size", zip->path,
                       name);
    }
    return KR_OK;
}

/* What is stored is as large as the file says, and that large the file is. */
static kr_status check_growth(const kr__zip *zip, const zip_stat_t *info, kr_error *err) {
    char quote[KR_QUOTE_SIZE], what[sizeof err->text];
    size_t limit = kr__unpack_limit((size_t)info->comp_size);
    if (info->size <= limit) return KR_OK;
    snprintf(what, sizeof what, "%.200s: member \"%s\"", zip->path,
             kr__quote(info->name, strlen(info->name), quote));
    return kr__unpack_refuse(what, limit, err);
}

kr_status kr__zip_member_size(kr__zip *zip, int64_t i, uint64_t *size, kr_error *err) {
    zip_stat_t info;
    if (zip_stat_index(zip->archive, (zip_uint64_t)i, 0, &info) != 0 || !info.name) {
        return refuse(zip->path, zip_get_error(zip->archive), "is damaged", err);
    }
    KR_TRY(check_member(zip, &info, err));
    *size = info.size;
    return info.comp_method == ZIP_CM_STORE ? KR_OK : check_growth(zip, &info, err);
}

kr_status kr__zip_member_open(kr__zip *zip, int64_t i, kr__source *source, kr_error *err) {
    uint64_t size = 0;
    KR_TRY(kr__zip_member_size(zip, i, &size, err));
    zip_file_t *file = zip_fopen_index(zip->archive, (zip_uint64_t)i, 0);
    if (!file) {
        return refuse(zip->path, zip_get_error(zip->archive), "is damaged", err);
    }
    *source = (kr__source){.name = zip->path, .left = size, .read = read_member, .handle = file};
    return KR_OK;
}

kr_status kr__zip_member_close(kr__source *source, kr_status status, kr_error *err) {
    char more;
    if (status == KR_OK) {
        /* Reading at the end makes libzip compare the checksum. */
        zip_int64_t got = source->left == 0 ? zip_fread(source->handle, &more, 1) : 1;
        if (got > 0) {
            status =
                kr_fail(err, KR_FORMAT, "%s: a member is longer than it should be", source->name);
        } else if (got < 0) {
            status = refuse(source->name, zip_file_get_error(source->handle), "is damaged", err);
        }
    }
    zip_fclose(source->handle);
    return status;
}

kr_status kr__zip_member_read(kr__zip *zip, int64_t i, size_t max_bytes, uint8_t **bytes,
                              size_t *n_bytes, kr_error *err) {
    kr__source source = {0};
    uint8_t *content = NULL;
    KR_TRY(kr__zip_member_open(zip, i, &source, err));
    uint64_t size = source.left;
    kr_status status = KR_OK;
    if (size > max_bytes) {
        status = kr_fail(err, KR_FORMAT, "%s: a member has %llu bytes where at most %zu are due",
                         zip->path, (unsigned long long)size, max_bytes);
    } else if (!(content = kr__calloc((size_t)size + 1, 1))) {
        status = kr_fail(err, KR_MEMORY, "%s: no memory for a member of %llu bytes", zip->path,
                         (unsigned long long)size);
    } else {
        status = kr__source_read(&source, content, (size_t)size, err);
    }
    status = kr__zip_member_close(&source, status, err);
    if (status != KR_OK) {
        kr_free(content);
        return status;
    }
    *bytes = content;
    *n_bytes = (size_t)size;
    return KR_OK;
}
