/* SPDX-License-Identifier: MIT
 * json_get.c - for cases of the command line: one value out of a JSON file.
 *
 *     json_get FILE a/b/0    the value at that path, as JSON
 *     json_get FILE          nothing, but fails when FILE is not valid JSON */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"

static const cJSON *walk(const cJSON *item, char *path) {
    for (char *part = strtok(path, "/"); part && item; part = strtok(NULL, "/")) {
        int64_t index = 0;
        bool is_element = cJSON_IsArray(item) && kr__text_int(part, &index);
        item = is_element ? cJSON_GetArrayItem(item, (int)index)
                          : cJSON_GetObjectItemCaseSensitive(item, part);
    }
    return item;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr_error err;
    if (kr__file_read(argv[1], 1 << 26, &bytes, &n, &err) != KR_OK) {
        fprintf(stderr, "json_get: %s\n", err.text);
        return 1;
    }
    cJSON *root = cJSON_ParseWithOpts((const char *)bytes, NULL, true);
    const cJSON *item = argc > 2 ? walk(root, argv[2]) : root;
    if (!item) fprintf(stderr, "json_get: %s: %s\n", argv[1], root ? "no such value" : "no JSON");
    if (item && argc > 2) {
        char *text = cJSON_Print(item);
        puts(text);
        cJSON_free(text);
    }
    cJSON_Delete(root);
    kr_free(bytes);
    return item ? 0 : 1;
}
