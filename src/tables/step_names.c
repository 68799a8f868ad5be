/* SPDX-License-Identifier: MIT
 * step_names.c - the codes of steps of dates that are called by name. */
#include "tables/step_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WEEK_DAYS = 7, YEAR_MONTHS = 12 };

static const char *const weekdays[WEEK_DAYS] = {"monday", "tuesday",  "wednesday", "thursday",
                                                "friday", "saturday", "sunday"};

/* "%" stands for the name of a weekday or its first three letters, "#" for those of a month. */
static const struct {
    const char *name, *code;
} names[] = {
    {"seconds", "s"},
    {"minutely", "min"},
    {"minutes", "min"},
    {"hourly", "h"},
    {"hours", "h"},
    {"daily", "d"},
    {"days", "d"},
    {"calendar days", "d"},
    {"business days", "b"},
    {"work days", "b"},
    {"working days", "b"},
    {"weekly", "w"},
    {"weeks", "w"},
    {"weeks from %", "w"},
    {"w-%", "w"},
    {"monthly", "m"},
    {"months", "m"},
    {"month starts", "m"},
    {"month ends", "me"},
    {"quarterly", "q"},
    {"quarters", "q"},
    {"quarter starts", "q"},
    {"quarter ends", "qe"},
    {"qs", "q"},
    {"qs-#", "q"},
    {"qe-#", "qe"},
    {"q-#", "qe"},
    {"yearly", "y"},
    {"annually", "y"},
    {"years", "y"},
    {"year starts", "y"},
    {"year ends", "ye"},
    {"ys", "y"},
    {"ys-#", "y"},
    {"as", "y"},
    {"as-#", "y"},
    {"ye-#", "ye"},
    {"a-#", "ye"},
    {"y-#", "ye"},
};
enum { N_NAMES = sizeof names / sizeof names[0] };

static bool begins_with(const char *text, const char *word, size_t n) {
    size_t i = 0;
    while (i < n && tolower((unsigned char)text[i]) == tolower((unsigned char)word[i])) i++;
    return i == n;
}

/* How many characters of text are a name of the list, whole or its first three letters; 0: none. */
static size_t take_name(const char *text, const char *const *list, int count) {
    const size_t least = 3;
    for (int i = 0; i < count; i++) {
        size_t n = strlen(list[i]);
        if (begins_with(text, list[i], n)) return n;
        if (begins_with(text, list[i], least)) return least;
    }
    return 0;
}

/* In either case, with or without the last s of a plural, blanks for one another or _ or -. */
static bool is_name(const char *text, const char *name) {
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    for (; *name; name++) {
        size_t n = 1;
        if (*name == '%') {
            n = take_name(text, weekdays, WEEK_DAYS);
            if (n == 0) return false;
        } else if (*name == '#') {
            n = take_name(text, months, YEAR_MONTHS);
            if (n == 0) return false;
        } else if (*name == ' ') {
            n = strspn(text, " _-");
            if (n == 0) return false;
        } else if (*name == 's' && (name[1] == '\0' || name[1] == ' ') && *text != 's' &&
                   *text != 'S') {
            n = 0;
        } else if (tolower((unsigned char)*text) != *name) {
            return false;
        }
        text += n;
    }
    return *text == '\0';
}

const char *kr__step_code(const char *text, char code[KR__STEP_CODE]) {
    size_t n_digits = strspn(text, "0123456789");
    const char *name = text + n_digits + strspn(text + n_digits, " ");
    const size_t longest_code = 3;
    if (n_digits + longest_code >= KR__STEP_CODE) return text;
    if (strcmp(name, "MS") == 0) { /* pandas tells months from milliseconds by the case */
        snprintf(code, KR__STEP_CODE, "%.*sm", (int)n_digits, text);
        return code;
    }
    for (int i = 0; i < N_NAMES; i++) {
        if (!is_name(name, names[i].name)) continue;
        snprintf(code, KR__STEP_CODE, "%.*s%s", (int)n_digits, text, names[i].code);
        return code;
    }
    bool is_apart = name > text + n_digits && n_digits > 0; /* "15 min" */
    if (!is_apart || strlen(name) > longest_code) return text;
    snprintf(code, KR__STEP_CODE, "%.*s%s", (int)n_digits, text, name);
    return code;
}
