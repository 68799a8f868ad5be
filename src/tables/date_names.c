/* SPDX-License-Identifier: MIT
 * date_names.c - names of months and weekdays, in English, German, French, Spanish, Italian, Dutch
 * and Portuguese. No name, and no beginning of one that is taken, means two months. */
#include "tables/date_scan.h"

typedef struct name {
    const char *text;
    int value;
    size_t least; /* bytes that tell it from all others */
} name;

static const name months[] = {{"january", 1, 3},
                              {"januar", 1, 3},
                              {"j\xc3\xa4nner", 1, 4},
                              {"janvier", 1, 3},
                              {"enero", 1, 3},
                              {"gennaio", 1, 3},
                              {"januari", 1, 3},
                              {"janeiro", 1, 3},
                              {"february", 2, 3},
                              {"februar", 2, 3},
                              {"f\xc3\xa9vrier", 2, 4},
                              {"fevrier", 2, 3},
                              {"febrero", 2, 3},
                              {"febbraio", 2, 3},
                              {"februari", 2, 3},
                              {"fevereiro", 2, 3},
                              {"march", 3, 3},
                              {"m\xc3\xa4rz", 3, 4},
                              {"maerz", 3, 4},
                              {"mars", 3, 3},
                              {"marzo", 3, 3},
                              {"maart", 3, 3},
                              {"mrt", 3, 3},
                              {"mar\xc3\xa7o", 3, 3},
                              {"april", 4, 3},
                              {"avril", 4, 3},
                              {"abril", 4, 3},
                              {"aprile", 4, 3},
                              {"may", 5, 3},
                              {"mai", 5, 3},
                              {"mayo", 5, 3},
                              {"maggio", 5, 3},
                              {"mei", 5, 3},
                              {"maio", 5, 3},
                              {"june", 6, 3},
                              {"juni", 6, 3},
                              {"juin", 6, 4},
                              {"junio", 6, 3},
                              {"giugno", 6, 3},
                              {"junho", 6, 3},
                              {"july", 7, 3},
                              {"juli", 7, 3},
                              {"juillet", 7, 4},
                              {"julio", 7, 3},
                              {"luglio", 7, 3},
                              {"julho", 7, 3},
                              {"august", 8, 3},
                              {"ao\xc3\xbbt", 8, 4},
                              {"aout", 8, 3},
                              {"agosto", 8, 3},
                              {"augustus", 8, 3},
                              {"september", 9, 3},
                              {"septembre", 9, 3},
                              {"septiembre", 9, 3},
                              {"settembre", 9, 3},
                              {"setembro", 9, 3},
                              {"october", 10, 3},
                              {"oktober", 10, 3},
                              {"octobre", 10, 3},
                              {"octubre", 10, 3},
                              {"ottobre", 10, 3},
                              {"outubro", 10, 3},
                              {"november", 11, 3},
                              {"novembre", 11, 3},
                              {"noviembre", 11, 3},
                              {"novembro", 11, 3},
                              {"december", 12, 3},
                              {"dezember", 12, 3},
                              {"decembre", 12, 3},
                              {"diciembre", 12, 3},
                              {"d\xc3\xa9\x63\x65mbre", 12, 4},
                              {"dicembre", 12, 3},
                              {"dezembro", 12, 3}};

static const name weekdays[] = {{"monday", 1, 3},
                                {"tuesday", 1, 3},
                                {"wednesday", 1, 3},
                                {"thursday", 1, 3},
                                {"friday", 1, 3},
                                {"saturday", 1, 3},
                                {"sunday", 1, 3},
                                {"montag", 1, 2},
                                {"dienstag", 1, 2},
                                {"mittwoch", 1, 2},
                                {"donnerstag", 1, 2},
                                {"freitag", 1, 2},
                                {"samstag", 1, 2},
                                {"sonntag", 1, 2},
                                {"lundi", 1, 3},
                                {"mardi", 1, 3},
                                {"mercredi", 1, 3},
                                {"jeudi", 1, 3},
                                {"vendredi", 1, 3},
                                {"samedi", 1, 3},
                                {"dimanche", 1, 3},
                                {"lunes", 1, 3},
                                {"martes", 1, 3},
                                {"mi\xc3\xa9rcoles", 1, 4},
                                {"jueves", 1, 3},
                                {"viernes", 1, 3},
                                {"s\xc3\xa1"
                                 "bado",
                                 1, 4},
                                {"domingo", 1, 3},
                                {"maandag", 1, 3},
                                {"dinsdag", 1, 3},
                                {"woensdag", 1, 3},
                                {"donderdag", 1, 3},
                                {"vrijdag", 1, 3},
                                {"zaterdag", 1, 3},
                                {"zondag", 1, 3}};

static bool is_letter(char c) {
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80;
}

size_t kr__date_measure_word(const kr__date_scan *s) {
    const char *p = s->at;
    while (p < s->end && is_letter(*p)) p++;
    return (size_t)(p - s->at);
}

/* Lower case of a byte, of letters such as \xc3\x89 too; before: the byte before it. */
static char fold(char before, char c) {
    if (c >= 'A' && c <= 'Z') return (char)(c | 32);
    unsigned char u = (unsigned char)c;
    return before == '\xc3' && u >= 0x80 && u < 0x9f ? (char)(u + 0x20) : c;
}

static bool starts_alike(const char *text, const char *lower, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (fold(i > 0 ? text[i - 1] : '\0', text[i]) != lower[i]) return false;
    }
    return true;
}

static int take_name(kr__date_scan *s, const name *names, size_t n_names) {
    size_t n = kr__date_measure_word(s);
    for (size_t i = 0; i < n_names; i++) {
        size_t whole = strlen(names[i].text);
        if (n < names[i].least || n > whole || !starts_alike(s->at, names[i].text, n)) continue;
        s->at += n;
        if (n < whole) kr__date_take(s, '.');
        return names[i].value;
    }
    return 0;
}

int kr__date_take_month(kr__date_scan *s) {
    return take_name(s, months, sizeof months / sizeof months[0]);
}

bool kr__date_take_weekday(kr__date_scan *s) {
    return take_name(s, weekdays, sizeof weekdays / sizeof weekdays[0]) != 0;
}
