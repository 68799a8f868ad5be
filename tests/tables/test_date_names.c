/* SPDX-License-Identifier: MIT
 * test_date_names.c - every name of a month and of a weekday, whole and as short as it may be. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tables/date_scan.h"

#define AE "\xc3\xa4"
#define E_ACUTE "\xc3\xa9"
#define A_ACUTE "\xc3\xa1"
#define U_HAT "\xc3\xbb"
#define C_CEDILLA "\xc3\xa7"

/* What stands before the bar tells a name from all others. */
static const char *const months[12] = {
    "jan|uary jan|uar j" AE "n|ner jan|vier ene|ro gen|naio jan|uari jan|eiro",
    "feb|ruary feb|ruar f" E_ACUTE "v|rier fev|rier feb|rero feb|braio feb|ruari fev|ereiro",
    "mar|ch m" AE "r|z maer|z mar|s mar|zo maa|rt mrt| mar|" C_CEDILLA "o",
    "apr|il avr|il abr|il apr|ile",
    "may| mai| may|o mag|gio mei| mai|o",
    "jun|e jun|i juin| jun|io giu|gno jun|ho",
    "jul|y jul|i juil|let jul|io lug|lio jul|ho",
    "aug|ust ao" U_HAT "|t aou|t ago|sto aug|ustus",
    "sep|tember sep|tembre sep|tiembre set|tembre set|embro",
    "oct|ober okt|ober oct|obre oct|ubre ott|obre out|ubro",
    "nov|ember nov|embre nov|iembre nov|embro",
    "dec|ember dez|ember dec|embre dic|iembre d" E_ACUTE "c|embre dic|embre dez|embro"};

static const char weekdays[] =
    "mon|day tue|sday wed|nesday thu|rsday fri|day sat|urday sun|day "
    "mo|ntag di|enstag mi|ttwoch do|nnerstag fr|eitag sa|mstag so|nntag "
    "lun|di mar|di mer|credi jeu|di ven|dredi sam|edi dim|anche "
    "lun|es mar|tes mi" E_ACUTE "|rcoles jue|ves vie|rnes s" A_ACUTE
    "b|ado dom|ingo "
    "maa|ndag din|sdag woe|nsdag don|derdag vri|jdag zat|erdag zon|dag";

static int take(const char *text, size_t n, bool are_months, size_t *n_taken) {
    kr__date_scan s = {text, text + n};
    int value = are_months ? kr__date_take_month(&s) : kr__date_take_weekday(&s);
    *n_taken = (size_t)(s.at - text);
    return value;
}

/* In capitals as well; letters beyond ASCII have theirs 0x20 lower. */
static void raise_case(char *text) {
    for (char *c = text; *c; c++) {
        bool is_second = c > text && c[-1] == '\xc3';
        *c = is_second ? (char)(*c - 0x20) : (char)toupper((unsigned char)*c);
    }
}

/* The names of one list that the first n bytes of text are, or begin: what they mean, 0: there are
 * none. has_whole, has_cut: there are names of that kind. */
static int look_up(const char *names, int meaning, const char *text, size_t n, bool *has_whole,
                   bool *has_cut) {
    int found = 0;
    for (const char *at = names; *at; at += strspn(at, " ")) {
        const size_t whole = strcspn(at, " ") - 1, least = strcspn(at, "|");
        char name[40];
        snprintf(name, sizeof name, "%.*s%.*s", (int)least, at, (int)(whole - least),
                 at + least + 1);
        at += whole + 1;
        if (n < least || n > whole || memcmp(name, text, n) != 0) continue;
        found = meaning;
        *(n == whole ? has_whole : has_cut) = true;
    }
    return found;
}

static void check_length(const char *name, size_t n, bool are_months) {
    char text[40];
    size_t n_taken = 0;
    bool has_whole = false, has_cut = false;
    int want = are_months ? 0 : look_up(weekdays, 1, name, n, &has_whole, &has_cut);
    for (int m = 0; are_months && m < 12; m++) {
        int found = look_up(months[m], m + 1, name, n, &has_whole, &has_cut);
        assert_true(want == 0 || found == 0); /* no two months */
        want += found;
    }
    for (int is_upper = 0; is_upper < 2; is_upper++) {
        snprintf(text, sizeof text, "%.*s.", (int)n, name);
        if (is_upper) raise_case(text);
        int got = take(text, n, are_months, &n_taken);
        if (got != want) fail_msg("\"%.*s\" is %d, not %d", (int)n, text, got, want);
        assert_int_equal(n_taken, want ? n : 0);
        /* A point belongs to a name that is cut. */
        take(text, n + 1, are_months, &n_taken);
        if (!has_whole) assert_int_equal(n_taken, want ? n + 1 : 0);
        if (!has_cut) assert_int_equal(n_taken, want ? n : 0);
    }
}

/* Every length of each name, and one letter too many. */
static int check_names(const char *names, bool are_months) {
    int count = 0;
    for (const char *at = names; *at; at += strspn(at, " ")) {
        const size_t whole = strcspn(at, " ") - 1, least = strcspn(at, "|");
        char name[40];
        snprintf(name, sizeof name, "%.*s%.*sq", (int)least, at, (int)(whole - least),
                 at + least + 1);
        for (size_t n = 1; n <= whole + 1; n++) {
            bool is_split = ((unsigned char)name[n] & 0xc0) == 0x80; /* a letter of two bytes */
            if (!is_split) check_length(name, n, are_months);
        }
        at += whole + 1;
        count++;
    }
    return count;
}

static void every_month_by_every_name(void **state) {
    (void)state;
    int n = 0;
    for (int m = 0; m < 12; m++) n += check_names(months[m], true);
    assert_int_equal(n, 73);
}

static void every_weekday_by_every_name(void **state) {
    (void)state;
    assert_int_equal(check_names(weekdays, false), 35);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_month_by_every_name),
                                       cmocka_unit_test(every_weekday_by_every_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
