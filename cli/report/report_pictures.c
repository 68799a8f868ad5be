/* SPDX-License-Identifier: MIT
 * report_pictures.c - the pictures that a run has left: which there are, how large they are. */
#include <string.h>

#include "core/platform.h"
#include "core/text.h"
#include "report/report.h"

#include "framework/sentence.h"

enum { MOST_TOTAL = 24 << 20 };

/* What the page draws again out of the numbers. */
static const char redrawn[] =
    "|comparison.png|loss.png|error_by_horizon.png|error_by_channel.png|training_loss.png|";

static bool is_redrawn(const report *r, const char *name) {
    char word[REPORT_PATH];
    snprintf(word, sizeof word, "|%s|", name);
    return r->n_charts > 0 && strstr(redrawn, word);
}

static int64_t read_big_endian(const uint8_t *bytes) {
    return (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/* The head of a file of PNG holds its size. */
static kr_status read_size(const char *path, report_picture *picture, size_t *n_bytes,
                           kr_error *err) {
    static const char signature[] = "\x89PNG\r\n\x1a\n";
    uint8_t head[24];
    FILE *file = NULL;
    KR_TRY(kr__file_open(path, REPORT_PICTURE_BYTES, &file, n_bytes, err));
    size_t n = fread(head, 1, sizeof head, file);
    fclose(file);
    if (n < sizeof head || memcmp(head, signature, 8) != 0) {
        return kr_fail(err, KR_FORMAT, "%s: is not a PNG picture; it is left out", path);
    }
    picture->width = read_big_endian(head + 16);
    picture->height = read_big_endian(head + 20);
    return KR_OK;
}

static void add_picture(report *r, const char *folder, const char *name, size_t *total) {
    char path[REPORT_PATH];
    kr_error err;
    size_t n_bytes = 0;
    report_picture picture = {.name = report_print(r, "%s", name), .type = "image/png"};
    kr__path_join(folder, name, path, sizeof path);
    kr_status status = read_size(path, &picture, &n_bytes, &err);
    if (status == KR_OK && *total + n_bytes > MOST_TOTAL) {
        status = kr_fail(&err, KR_IO, "%s: is left out; the page holds %d MiB of pictures", path,
                         MOST_TOTAL >> 20);
    }
    if (status != KR_OK) {
        report_add_warning(r, sentence_name_flags(err.text, sizeof err.text));
        return;
    }
    *total += n_bytes;
    picture.path = report_print(r, "%s", path);
    report_add_picture(r, REPORT_FIGURES, &picture);
}

void report_read_pictures(report *r) {
    char folder[REPORT_PATH];
    size_t total = 0;
    for (int i = 0; i < 2; i++) {
        char **names = NULL;
        int64_t n = 0;
        kr_error err;
        kr__path_join(r->folder, i == 0 ? "." : "figures", folder, sizeof folder);
        kr_status status = kr__folder_list(folder, &r->arena, &names, &n, &err);
        if (status == KR_MEMORY) r->is_out_of_memory = true;
        if (status != KR_OK && kr__is_folder(folder)) report_add_warning(r, err.text);
        if (status != KR_OK) continue;
        for (int64_t k = 0; k < n; k++) {
            if (kr__text_ends(names[k], ".png") && !is_redrawn(r, names[k])) {
                add_picture(r, folder, names[k], &total);
            }
        }
    }
}
