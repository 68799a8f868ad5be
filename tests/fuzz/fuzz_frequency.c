/* SPDX-License-Identifier: MIT
 * fuzz_frequency.c - any text as a step of dates, and any rising dates to find one in. What is read
 * or found is written and read back, and counts the steps that it adds. */
#include <kr/rows.h>

#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

enum { MOST_DATES = 256, STEPS = 40, MOST_TEXT = 200 };

static void require(bool is_true) {
    if (!is_true) abort();
}

/* Every date is later than the one before it, and steps are counted as they are added. */
static void check_counts(const kr_frequency *f, int64_t from) {
    char text[KR_DATE_TEXT];
    const int64_t last_month = INT64_C(253399622400) * KR__SECOND; /* 9999-12-01 */
    const int64_t first = kr_frequency_add(f, from, 0);
    int64_t before = first;
    require(kr_frequency_season(f) >= 1);
    for (int64_t i = 1; i <= STEPS; i++) {
        int64_t date = kr_frequency_add(f, first, i);
        if (f->months > 0 && date >= last_month) break; /* steps of months end there */
        if (!*kr_date_text(date, text)) break;
        require(date > before && kr_frequency_count(f, first, date) == i);
        if (date - 1 > before) require(kr_frequency_count(f, first, date - 1) == -1);
        if (f->months == 0) require(kr_frequency_add(f, date, -i) == first);
        before = date;
    }
}

static void check_text(const kr_frequency *f) {
    char text[KR_FREQUENCY_TEXT], again[KR_FREQUENCY_TEXT];
    kr_frequency g;
    kr_frequency_text(f, text);
    require(*text && kr_frequency_parse(text, &g, NULL) == KR_OK);
    require(kr_frequency_is_same(f, &g) && kr_frequency_is_same(&g, f));
    require(strcmp(kr_frequency_text(&g, again), text) == 0);
}

/* Two bytes a date: how many units, and which, it lies after the one before. */
static int64_t make_dates(const uint8_t *bytes, size_t n_bytes, int64_t *dates) {
    static const int64_t units[] = {
        1,       1000,        KR__SECOND,   KR__MINUTE,   30 * KR__MINUTE, KR__HOUR,
        KR__DAY, 7 * KR__DAY, 28 * KR__DAY, 30 * KR__DAY, 31 * KR__DAY,    365 * KR__DAY};
    int64_t n = 0, at = 17897 * KR__DAY; /* the first of January 2019 */
    for (size_t i = 0; i + 1 < n_bytes && n < MOST_DATES; i += 2) {
        dates[n++] = at;
        at += (bytes[i] % 64) * units[bytes[i + 1] % (sizeof units / sizeof units[0])];
    }
    return n;
}

static void check_found(int64_t n, const int64_t *dates) {
    kr_error err = {0};
    kr_frequency f = {.micros = -7};
    int64_t n_off = 0, place = 0;
    kr_status status = kr_frequency_infer("dates", n, dates, &f, &err);
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0 && f.micros == -7));
    if (status != KR_OK) return;
    check_text(&f);
    check_counts(&f, dates[0]);
    require(kr_frequency_add(&f, dates[0], 0) == dates[0]);
    for (int64_t i = 1; i < n; i++) {
        int64_t count = kr_frequency_count(&f, dates[0], dates[i]);
        n_off += count < 0;
        require(count < 0 || count > place);
        if (count > 0) place = count;
    }
    require(2 * n_off <= n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    char text[MOST_TEXT];
    int64_t dates[MOST_DATES];
    kr_error err = {0};
    kr_frequency f;
    const uint8_t *end = n_bytes > 0 ? memchr(bytes, '\n', n_bytes) : NULL;
    size_t n = end ? (size_t)(end - bytes) : n_bytes;
    if (n < sizeof text) {
        memcpy(text, bytes, n);
        text[n] = '\0';
        kr_status status = kr_frequency_parse(text, &f, &err);
        require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
        if (status == KR_OK) check_text(&f);
        if (status == KR_OK) check_counts(&f, 17897 * KR__DAY + 10 * KR__HOUR + 17);
    }
    if (end) check_found(make_dates(end + 1, n_bytes - n - 1, dates), dates);
    return 0;
}
