/* SPDX-License-Identifier: MIT
 * zip_writer.c - a zip file put together in memory by libzip. */
#include "files/zip_writer.h"

#include <string.h>
#include <zip.h>

#include "core/arena.h"
#include "core/platform.h"
#include "files/zip_archive.h"

struct kr__zip_writer {
    kr_arena arena; /* heads */
    zip_source_t *built;
    zip_t *archive;
};

kr_status kr__zip_writer_create(kr__zip_writer **out, kr_error *err) {
    kr__zip_writer *w = kr__calloc(1, sizeof *w);
    if (w) w->built = zip_source_buffer_create(NULL, 0, 1, NULL);
    if (w && w->built) {
        w->archive = zip_open_from_source(w->built, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    }
    if (!w || !w->archive) {
        kr__zip_writer_destroy(w);
        return kr_fail(err, KR_MEMORY, "out of memory for an archive");
    }
    zip_source_keep(w->built); /* it outlives the archive */
    *out = w;
    return KR_OK;
}

void kr__zip_writer_destroy(kr__zip_writer *writer) {
    if (!writer) return;
    if (writer->archive) zip_discard(writer->archive);
    zip_source_free(writer->built);
    kr__arena_deinit(&writer->arena);
    kr_free(writer);
}

kr_status kr__zip_writer_add(kr__zip_writer *writer, const char *name, const void *head,
                             size_t n_head, const void *data, size_t n_data, bool deflate,
                             kr_error *err) {
    enum { DAY_1980_1_1 = 1 << 5 | 1 };
    zip_t *archive = writer->archive;
    /* In the arena: libzip keeps the pointer to the list of fragments, too. */
    char *copy = kr__arena_alloc(&writer->arena, n_head + 1, 1);
    zip_buffer_fragment_t *fragments = kr__arena_alloc(&writer->arena, 2, sizeof *fragments);
    if (!copy || !fragments) return kr_fail(err, KR_MEMORY, "out of memory for an archive");
    if (n_head) memcpy(copy, head, n_head);
    int n = 0; /* libzip does not expect empty fragments */
    if (n_head) fragments[n++] = (zip_buffer_fragment_t){(zip_uint8_t *)copy, n_head};
    if (n_data) fragments[n++] = (zip_buffer_fragment_t){(zip_uint8_t *)(uintptr_t)data, n_data};
    zip_source_t *source = zip_source_buffer_fragment(archive, fragments, (zip_uint64_t)n, 0);
    zip_int64_t i = source ? zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (i < 0) {
        zip_source_free(source);
        bool lacked_memory = kr__zip_lacked_memory(zip_get_error(archive));
        return kr_fail(err, lacked_memory ? KR_MEMORY : KR_USAGE,
                       "member \"%s\": cannot be added%s: %s", name,
                       lacked_memory ? ", out of memory" : "", zip_strerror(archive));
    }
    int method = deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    if (zip_set_file_compression(archive, (zip_uint64_t)i, method, 0) != 0 ||
        zip_file_set_dostime(archive, (zip_uint64_t)i, 0, DAY_1980_1_1, 0) != 0) {
        return kr_fail(err, KR_MEMORY, "member \"%s\": out of memory: %s", name,
                       zip_strerror(archive));
    }
    return KR_OK;
}

/* The finished archive, which libzip built in memory, into the file. */
static kr_status copy_archive(zip_source_t *built, const char *path, kr_error *err) {
    kr_file_writer writer;
    char block[16384];
    zip_int64_t n = -1;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    if (zip_source_open(built) == 0) {
        while ((n = zip_source_read(built, block, sizeof block)) > 0) {
            fwrite(block, 1, (size_t)n, writer.stream);
        }
        zip_source_close(built);
    }
    if (n == 0) return kr__file_writer_commit(&writer, err);
    kr__file_writer_abort(&writer);
    return kr_fail(err, KR_MEMORY, "%s: out of memory to put the archive together", path);
}

kr_status kr__zip_writer_commit(kr__zip_writer *writer, const char *path, kr_error *err) {
    if (zip_close(writer->archive) != 0) {
        return kr_fail(err, KR_MEMORY, "%s: cannot be packed, is there enough memory? %s", path,
                       zip_strerror(writer->archive));
    }
    writer->archive = NULL;
    return copy_archive(writer->built, path, err);
}
