/* SPDX-License-Identifier: MIT
 * fuzz_mutate_safetensors.c - changes of a .safetensors file: entries of its header (names, types,
 * shapes, offsets), its metadata, settings inside these, elements. Offsets are laid out again more
 * often than not, so that the file stays well formed and readers behind this one are reached. */
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/fuzz_mutate.h"

enum { HEAD = 8, MOST_BYTES = 1 << 20, WORD = 128 };

typedef struct file {
    cJSON *header;
    uint8_t *elements;
    size_t n, room;
    uint64_t random;
} file;

static int pick(file *f, int n) { return (int)fuzz_below(&f->random, (uint64_t)(n > 0 ? n : 0)); }

static const char *const types[] = {"F32", "F64", "F16", "BF16", "I64",  "I32",     "I16",
                                    "I8",  "U8",  "U32", "U64",  "BOOL", "F8_E4M3", ""};
static const int sizes[] = {4, 8, 2, 2, 8, 4, 2, 1, 1, 4, 8, 1, 1, 1};
enum { N_TYPES = sizeof types / sizeof types[0] };

static const char *const words[] = {"",
                                    "0",
                                    "1",
                                    "-1",
                                    "nan",
                                    "inf",
                                    "1e308",
                                    "1e-5",
                                    "9007199254740993",
                                    "9223372036854775808",
                                    "2.5",
                                    "true",
                                    "None",
                                    "null",
                                    "linear",
                                    "krait 9",
                                    "\x1b[2J",
                                    "a,b",
                                    "{}",
                                    "[1, 2]",
                                    "1h",
                                    "7",
                                    "96",
                                    "../x",
                                    "1e3",
                                    "0x10",
                                    " 1"};
enum { N_WORDS = sizeof words / sizeof words[0] };
static const double numbers[] = {0,  1,   2,    3,    7,    -1,     1e9,    4294967296.0,
                                 16, 0.5, 1e18, 1e19, 1024, 100000, -1e300, 9007199254740992.0};
enum { N_NUMBERS = sizeof numbers / sizeof numbers[0] };

/* ---- items of JSON ------------------------------------------------------------------------- */

static cJSON *pick_child(file *f, const cJSON *object) {
    return cJSON_GetArrayItem(object, pick(f, cJSON_GetArraySize(object)));
}

static bool is_tensor(const cJSON *item) { return cJSON_GetObjectItem(item, "shape") != NULL; }

/* A tensor, or NULL where a few tries find none. */
static cJSON *pick_tensor(file *f) {
    for (int i = 0; i < 4; i++) {
        cJSON *item = pick_child(f, f->header);
        if (is_tensor(item)) return item;
    }
    return NULL;
}

static void set_text(cJSON *item, const char *text) {
    if (cJSON_IsString(item)) cJSON_SetValuestring(item, text);
}

static void rename_item(cJSON *item, const char *name) {
    char *copy = item->string ? cJSON_malloc(strlen(name) + 1) : NULL;
    if (!copy) return;
    strcpy(copy, name);
    cJSON_free(item->string);
    item->string = copy;
}

/* The text with some of its bytes changed. */
static void mutate_text(const char *text, char word[WORD]) {
    size_t n = strlen(text) < WORD - 1 ? strlen(text) : WORD - 1;
    memcpy(word, text, n);
    if (n == 0) word[n++] = 'a';
    word[LLVMFuzzerMutate((uint8_t *)word, n, WORD - 1)] = '\0';
}

/* A number, text, flag or list of a JSON object inside a text, such as config. */
static bool change_inside(file *f, cJSON *item) {
    cJSON *object = cJSON_Parse(item->valuestring), *member = pick_child(f, object);
    char word[WORD], *text = NULL;
    if (cJSON_IsNumber(member)) {
        cJSON_SetNumberValue(member, numbers[pick(f, N_NUMBERS)]);
    } else if (cJSON_IsString(member) && pick(f, 2)) {
        mutate_text(member->valuestring, word);
        set_text(member, word);
    } else if (member && pick(f, 2)) {
        cJSON_Delete(cJSON_DetachItemViaPointer(object, member));
    } else if (member) {
        set_text(member, words[pick(f, N_WORDS)]);
    }
    if (member) text = cJSON_PrintUnformatted(object);
    if (text) set_text(item, text);
    cJSON_free(text);
    cJSON_Delete(object);
    return text != NULL;
}

/* ---- changes -------------------------------------------------------------------------------- */

static void change_type(file *f, cJSON *tensor) {
    set_text(cJSON_GetObjectItem(tensor, "dtype"), types[pick(f, N_TYPES)]);
}

static void change_shape(file *f, cJSON *tensor) {
    cJSON *shape = cJSON_GetObjectItem(tensor, "shape"), *extent = pick_child(f, shape);
    int kind = pick(f, 6);
    if (!cJSON_IsArray(shape)) {
        cJSON_SetNumberValue(shape, 1);
    } else if (!extent || kind == 0) {
        cJSON_AddItemToArray(shape, cJSON_CreateNumber(pick(f, 3)));
    } else if (kind == 1) {
        cJSON_Delete(cJSON_DetachItemViaPointer(shape, extent));
    } else if (kind == 2) {
        cJSON_SetNumberValue(extent, numbers[pick(f, N_NUMBERS)]);
    } else if (kind == 3) {
        cJSON *other = pick_child(f, shape);
        double spare = other->valuedouble;
        cJSON_SetNumberValue(other, extent->valuedouble);
        cJSON_SetNumberValue(extent, spare);
    } else {
        cJSON_SetNumberValue(extent, extent->valuedouble + pick(f, 5) - 2);
    }
}

static void change_offsets(file *f, cJSON *tensor) {
    cJSON *offset = pick_child(f, cJSON_GetObjectItem(tensor, "data_offsets"));
    if (!cJSON_IsNumber(offset)) return;
    double value = pick(f, 3) ? offset->valuedouble + pick(f, 17) - 8 : numbers[pick(f, N_NUMBERS)];
    cJSON_SetNumberValue(offset, value);
}

/* To the name of another, to one of our words, or to a name a little different. */
static void change_name(file *f, cJSON *item) {
    const cJSON *other = pick_child(f, f->header);
    char word[WORD];
    switch (pick(f, 3)) {
        case 0:
            if (other->string) rename_item(item, other->string);
            break;
        case 1:
            rename_item(item, words[pick(f, N_WORDS)]);
            break;
        default:
            mutate_text(item->string ? item->string : "", word);
            rename_item(item, word);
    }
}

static void repeat_item(file *f, cJSON *item) {
    cJSON *copy = cJSON_Duplicate(item, true);
    char name[WORD];
    snprintf(name, sizeof name, "%.100s.%d", item->string ? item->string : "", pick(f, 3));
    if (!cJSON_AddItemToObject(f->header, name, copy)) cJSON_Delete(copy);
}

static void remove_item(file *f, cJSON *item) {
    cJSON_Delete(cJSON_DetachItemViaPointer(f->header, item));
}

static void change_metadata(file *f) {
    cJSON *metadata = cJSON_GetObjectItem(f->header, "__metadata__");
    cJSON *pair = pick_child(f, metadata);
    char word[WORD];
    if (!cJSON_IsString(pair)) return;
    if (*pair->valuestring == '{' && pick(f, 4) && change_inside(f, pair)) return;
    switch (pick(f, 4)) {
        case 0:
            cJSON_Delete(cJSON_DetachItemViaPointer(metadata, pair));
            break;
        case 1:
            mutate_text(pair->valuestring, word);
            set_text(pair, word);
            break;
        default:
            set_text(pair, words[pick(f, N_WORDS)]);
    }
}

/* One element, or some bytes. */
static void change_elements(file *f) {
    static const float values[] = {0, 1, -1, 1e30f, -1e38f, 1e-40f, 2, 0.5f};
    static const uint32_t bits[] = {0x7FC00000, 0x7F800000, 0xFF800000, 0x80000000};
    size_t at = 4 * (size_t)fuzz_below(&f->random, f->n / 4);
    if (f->n < 4) return;
    if (pick(f, 3) == 0) memcpy(f->elements + at, &bits[pick(f, 4)], 4);
    if (pick(f, 3) == 0) memcpy(f->elements + at, &values[pick(f, 8)], 4);
    if (pick(f, 3) == 0) LLVMFuzzerMutate(f->elements + at, 4, 4);
}

static void change(file *f) {
    cJSON *item = pick_child(f, f->header), *tensor = pick_tensor(f);
    int kind = pick(f, 12);
    if (kind < 4) {
        change_metadata(f);
    } else if (kind < 6) {
        change_elements(f);
    } else if (kind == 6 && item) {
        change_name(f, item);
    } else if (kind == 7 && item) {
        repeat_item(f, item);
    } else if (kind == 8 && item) {
        remove_item(f, item);
    } else if (kind == 9 && tensor) {
        change_type(f, tensor);
    } else if (kind == 10 && tensor) {
        change_offsets(f, tensor);
    } else if (tensor) {
        change_shape(f, tensor);
    }
}

/* ---- the layout ------------------------------------------------------------------------------ */

/* Bytes of a tensor by its type and shape; more than MOST_BYTES count as MOST_BYTES. */
static size_t count_bytes(const cJSON *tensor) {
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(tensor, "dtype"));
    const cJSON *extent, *shape = cJSON_GetObjectItem(tensor, "shape");
    double n = 1;
    for (int i = 0; i < N_TYPES && type; i++) {
        if (strcmp(type, types[i]) == 0) n = sizes[i];
    }
    cJSON_ArrayForEach(extent, shape) n *= extent->valuedouble;
    return n >= 0 && n < MOST_BYTES ? (size_t)n : MOST_BYTES;
}

/* Where the elements of a tensor were; n_bytes of them that exist. */
static const uint8_t *find_elements(const file *f, const cJSON *tensor, size_t *n_bytes) {
    const cJSON *offsets = cJSON_GetObjectItem(tensor, "data_offsets");
    double from = offsets ? cJSON_GetNumberValue(cJSON_GetArrayItem(offsets, 0)) : 0;
    if (!(from >= 0 && from < (double)f->n)) *n_bytes = 0;
    if (*n_bytes == 0) return f->elements;
    size_t left = f->n - (size_t)from;
    if (left < *n_bytes) *n_bytes = left;
    return f->elements + (size_t)from;
}

/* Tensors one after the other, each with its elements, zeros behind them where it grew. */
static void lay_out(file *f) {
    uint8_t *elements = calloc(f->room + 1, 1);
    size_t at = 0;
    cJSON *tensor;
    if (!elements) return;
    cJSON_ArrayForEach(tensor, f->header) {
        size_t wanted = is_tensor(tensor) ? count_bytes(tensor) : 0, n = wanted;
        if (!is_tensor(tensor) || wanted > f->room - at) continue;
        const uint8_t *from = find_elements(f, tensor, &n);
        memcpy(elements + at, from, n);
        const double offsets[2] = {(double)at, (double)(at + wanted)};
        cJSON_DeleteItemFromObject(tensor, "data_offsets");
        cJSON_AddItemToObject(tensor, "data_offsets", cJSON_CreateDoubleArray(offsets, 2));
        at += wanted;
    }
    memcpy(f->elements, elements, at);
    f->n = at;
    free(elements);
}

/* ---- in and out -------------------------------------------------------------------------- */

static bool read_file(file *f, const uint8_t *data, size_t size, size_t max_size) {
    uint64_t n = 0;
    for (int i = HEAD - 1; i >= 0 && size >= HEAD; i--) n = n << 8 | data[i];
    if (size < HEAD || n > size - HEAD) return false;
    f->header = cJSON_ParseWithLength((const char *)data + HEAD, (size_t)n);
    f->n = size - HEAD - (size_t)n;
    f->room = max_size;
    f->elements = calloc(max_size + 1, 1);
    if (f->elements) memcpy(f->elements, data + HEAD + n, f->n);
    return f->elements && cJSON_IsObject(f->header) && f->header->child;
}

static size_t write_file(const file *f, uint8_t *data, size_t max_size) {
    char *header = cJSON_PrintUnformatted(f->header);
    size_t n = header ? strlen(header) : 0, blanks = (8 - n % 8) % 8;
    bool has_room = header && HEAD + n + blanks + f->n <= max_size;
    if (has_room) {
        for (int i = 0; i < HEAD; i++) data[i] = (uint8_t)((n + blanks) >> 8 * i);
        memcpy(data + HEAD, header, n);
        memset(data + HEAD + n, ' ', blanks);
        memcpy(data + HEAD + n + blanks, f->elements, f->n);
    }
    cJSON_free(header);
    return has_room ? HEAD + n + blanks + f->n : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    file f = {.random = seed};
    size_t n = 0;
    bool wants_bytes = pick(&f, 6) == 0;
    if (!wants_bytes && read_file(&f, data, size, max_size)) {
        for (int i = 1 + pick(&f, 3); i > 0; i--) change(&f);
        if (pick(&f, 8)) lay_out(&f);
        n = write_file(&f, data, max_size);
    }
    cJSON_Delete(f.header);
    free(f.elements);
    return n > 0 ? n : LLVMFuzzerMutate(data, size, max_size);
}
