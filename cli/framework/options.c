/* SPDX-License-Identifier: MIT
 * options.c - the parser: words of the command line against the table of options. */
#include "framework/options.h"
#include "core/text.h"

#include <ctype.h>
#include <string.h>

typedef struct parser {
    const option *options;
    int count;
    int argc;
    char **argv;
    int next; /* word after the one being looked at */
    option_fn set;
    void *arg;
    kr_error *err;
} parser;

/* - and _ are the same. */
static bool is_name(const char *name, const char *word, size_t n_word) {
    if (strlen(name) != n_word) return false;
    for (size_t i = 0; i < n_word; i++) {
        if (name[i] != (word[i] == '-' ? '_' : word[i])) return false;
    }
    return true;
}

static const option *find_long(const parser *p, const char *word, size_t n_word) {
    for (int i = 0; i < p->count; i++) {
        if (is_name(p->options[i].name, word, n_word)) return &p->options[i];
    }
    return NULL;
}

static const struct {
    const char *name, *others[3];
} words[] = {
    {"no_figures", {"no_figure"}},
    {"data_dir", {"data"}},
    {"save_dir", {"out", "results"}},
    {"results", {"out", "save_dir"}},
    {"seq_len", {"lookback"}},
    {"lookback", {"seq_len"}},
    {"pred_len", {"horizon"}},
    {"horizon", {"pred_len"}},
    {"learning_rate", {"lr"}},
    {"lr", {"learning_rate"}},
    {"train_epochs", {"epochs", "n_epochs"}},
    {"epochs", {"train_epochs", "n_epochs"}},
    {"n_epochs", {"epochs", "train_epochs"}},
    {"e_layers", {"n_layers"}},
    {"n_layers", {"e_layers"}},
    {"n_neighbors", {"umap_neighbors"}},
    {"umap_neighbors", {"n_neighbors"}},
    {"measurements", {"repeats"}},
};

const char *option_other_word(const char *name, int i) {
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        if (strcmp(words[w].name, name) == 0) return i < 3 ? words[w].others[i] : NULL;
    }
    return NULL;
}

/* By another word. */
static const option *find_alike(const parser *p, const char *word, size_t n_word) {
    for (int i = 0; i < p->count; i++) {
        const option *o = &p->options[i];
        const char *other = o->kind == OPTION_OLD ? NULL : option_other_word(o->name, 0);
        for (int k = 1; other; other = option_other_word(o->name, k++)) {
            if (is_name(other, word, n_word)) return o;
        }
    }
    return NULL;
}

static bool has_choice(const char *choices, const char *word) {
    size_t n = strlen(word);
    for (const char *c = choices; *c; c += *c == '|') {
        size_t n_choice = strcspn(c, "|");
        if (n_choice == n && memcmp(c, word, n) == 0) return true;
        c += n_choice;
    }
    return false;
}

const char *option_negative(const option *o) {
    if (o->kind == OPTION_BOOL || o->kind == OPTION_OFF) return "0";
    if (o->kind != OPTION_VALUE) return NULL;
    return has_choice(o->choices, "no") ? "no" : has_choice(o->choices, "off") ? "off" : NULL;
}

/* "no_header" for header. */
static const option *find_negated(const parser *p, const char *word, size_t n_word) {
    if (n_word < 4 || memcmp(word, "no", 2) != 0 || (word[2] != '_' && word[2] != '-')) return NULL;
    const option *o = find_long(p, word + 3, n_word - 3);
    if (!o) o = find_alike(p, word + 3, n_word - 3);
    return o && option_negative(o) ? o : NULL;
}

static const option *find_letter(const parser *p, char letter) {
    for (int i = 0; i < p->count; i++) {
        if (p->options[i].letter == letter) return &p->options[i];
    }
    return NULL;
}

static kr_status fail_unknown(const parser *p, const char *word, size_t n_word) {
    char name[64] = {0};
    memcpy(name, word, n_word < sizeof name - 1 ? n_word : sizeof name - 1);
    kr_guess guess = {.word = name + strspn(name, "-")};
    for (int i = 0; i < p->count; i++) {
        if (p->options[i].kind == OPTION_OLD) continue;
        kr__guess_offer(&guess, p->options[i].name, strlen(p->options[i].name));
    }
    if (!guess.best) return kr_fail(p->err, KR_USAGE, "unknown flag %s; --help lists all", name);
    return kr_fail(p->err, KR_USAGE, "unknown flag %s; did you mean --%s?", name, guess.best);
}

/* A negative number and a lone - are values, not flags. */
static bool is_flag(const char *word) {
    return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]) && word[1] != '.';
}

static const char *take_value(parser *p) {
    if (p->next >= p->argc || is_flag(p->argv[p->next])) return NULL;
    return p->argv[p->next++];
}

static kr_status set_value(parser *p, const option *o, const char *value) {
    if (!value) value = take_value(p);
    if (value) return p->set(p->arg, o, value, p->err);
    return kr_fail(p->err, KR_USAGE, "--%s needs a value: --%s %s", o->name, o->name,
                   o->value_word);
}

static kr_status set_old(parser *p, const option *o, const char *value) {
    bool unused = false;
    if (value) return p->set(p->arg, o, value, p->err);
    if (o->n_old_values == 0) {
        if (p->next < p->argc && kr__text_bool(p->argv[p->next], &unused)) value = take_value(p);
        return p->set(p->arg, o, value, p->err);
    }
    KR_TRY(p->set(p->arg, o, take_value(p), p->err));
    while (o->n_old_values > 1 && (value = take_value(p))) {
        KR_TRY(p->set(p->arg, o, value, p->err));
    }
    return KR_OK;
}

static kr_status set_one(parser *p, const option *o, const char *value) {
    switch (o->kind) {
        case OPTION_VALUE:
            return set_value(p, o, value);
        case OPTION_OLD:
            return set_old(p, o, value);
        case OPTION_SWITCH:
            if (!value) return p->set(p->arg, o, NULL, p->err);
            return kr_fail(p->err, KR_USAGE, "--%s takes no value; leave \"=%.40s\" out", o->name,
                           value);
        case OPTION_BOOL:
        case OPTION_OFF:
            break;
    }
    if (!value) value = take_value(p);
    return p->set(p->arg, o, value ? value : o->kind == OPTION_OFF ? "0" : "1", p->err);
}

static kr_status set_negated(parser *p, const option *o, const char *value) {
    if (!value) return p->set(p->arg, o, option_negative(o), p->err);
    return kr_fail(p->err, KR_USAGE, "--no_%s takes no value; leave \"=%.40s\" out", o->name,
                   value);
}

static kr_status parse_word(parser *p, const char *word) {
    if (!is_flag(word)) return p->set(p->arg, NULL, word, p->err);
    size_t n = strcspn(word, "=");
    const char *value = word[n] == '=' ? word + n + 1 : NULL;
    const option *o = NULL;
    if (word[1] == '-') {
        o = find_long(p, word + 2, n - 2);
    } else if (n == 2) {
        o = find_letter(p, word[1]);
    }
    if (!o && word[1] == '-') o = find_alike(p, word + 2, n - 2);
    if (o) return set_one(p, o, value);
    o = word[1] == '-' ? find_negated(p, word + 2, n - 2) : NULL;
    return o ? set_negated(p, o, value) : fail_unknown(p, word, n);
}

kr_status options_parse(const option *options, int count, int argc, char **argv, option_fn set,
                        void *arg, kr_error *err) {
    parser p = {options, count, argc, argv, 0, set, arg, err};
    while (p.next < argc) {
        const char *word = argv[p.next++];
        KR_TRY(parse_word(&p, word));
    }
    return KR_OK;
}
