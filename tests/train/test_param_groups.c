/* SPDX-License-Identifier: MIT
 * test_param_groups.c - which parameters two flags name, at which rates, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "train/param_groups.h"

enum { N = 5 };
static kr_param list[N] = {{.name = "embed.weight", .offset = 0, .size = 6},
                           {.name = "embed.bias", .offset = 16, .size = 2},
                           {.name = "layers.0.gate", .offset = 32, .size = 4},
                           {.name = "layers.1.gate", .offset = 48, .size = 4},
                           {.name = "head.weight", .offset = 64, .size = 3}};
static const kr_params params = {.list = list, .count = N, .size = 80};
static const kr_schedule schedule = {.kind = "constant", .base = 0.5, .epochs = 10};

/* The groups of the flags, and one for the rest. */
static kr_status parse(const char *freeze, const char *factors, kr_param_groups *groups,
                       kr_error *err) {
    *groups = (kr_param_groups){.count = 0};
    KR_TRY(kr__param_groups_parse(freeze, factors, &schedule, groups, err));
    kr__param_groups_add(groups, (kr_param_group){.schedule = schedule, .factor = 1});
    return KR_OK;
}

static void flags_make_groups(void **state) {
    (void)state;
    kr_param_groups g;
    int of[N];
    assert_int_equal(parse("bias,layers.1", "gate=4,embed=0,d.w=1000", &g, NULL), KR_OK);
    assert_int_equal(g.count, 5);
    assert_true(g.list[0].is_frozen && g.list[0].has_no_gradient && !g.list[1].is_frozen);
    assert_string_equal(g.list[0].flag, "freeze");
    assert_string_equal(g.list[3].flag, "lr_factors");
    assert_int_equal(kr__param_groups_find(&g, &params, of, NULL), KR_OK);
    static const int want[N] = {2, 0, 1, 0, 3};
    assert_memory_equal(of, want, sizeof want);
    assert_true(kr__param_group_rate(&g.list[1], 1) == 2);
    assert_true(kr__param_group_rate(&g.list[2], 1) == 0);
    assert_true(kr__param_group_rate(&g.list[3], 1) == 500);
    assert_true(kr__param_group_rate(&g.list[4], 1) == 0.5);
    assert_int_equal(parse("", "", &g, NULL), KR_OK);
    assert_int_equal(g.count, 1);
}

/* Neighbours of one rate are one span, padding included; what is frozen is in none. */
static void spans_of_the_vector(void **state) {
    (void)state;
    kr_param_groups g;
    kr_rate_span spans[N];
    int of[N];
    assert_int_equal(parse("layers.0", "head=2", &g, NULL), KR_OK);
    assert_int_equal(kr__param_groups_find(&g, &params, of, NULL), KR_OK);
    assert_int_equal(kr__param_groups_spans(&g, &params, of, 1, spans), 3);
    static const kr_rate_span want[] = {{0, 18, 0.5}, {48, 4, 0.5}, {64, 3, 1}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spans[i].first, want[i].first);
        assert_int_equal(spans[i].count, want[i].count);
        assert_true(spans[i].rate == want[i].rate);
    }
    kr_real gradient[80];
    for (int i = 0; i < 80; i++) gradient[i] = 1;
    kr__param_groups_clear(&g, &params, of, gradient);
    for (int i = 0; i < 80; i++) assert_true(gradient[i] == (i >= 32 && i < 36 ? 0 : 1));
}

static void what_is_no_list_of_factors(void **state) {
    (void)state;
#define NO_FACTOR(item)                                                                            \
    "`lr_factors`: \"" item                                                                        \
    "\" is not part of a name, =, and a factor for the rate from 0 to "                            \
    "1000, such as head=10"
    static const struct {
        const char *freeze, *factors, *sentence;
    } cases[] = {
        {"a,,b", "", "`freeze`: a name between commas is empty"},
        {",a", "", "`freeze`: a name between commas is empty"},
        {"a,", "", "`freeze`: a name between commas is empty"},
        {"", "head", NO_FACTOR("head")},
        {"", "=2", NO_FACTOR("=2")},
        {"", "head=", NO_FACTOR("head=")},
        {"", "head=two", NO_FACTOR("head=two")},
        {"", "head=-1", NO_FACTOR("head=-1")},
        {"", "embed=1,head=1000.5", NO_FACTOR("head=1000.5")},
        {"", "embed=1,", NO_FACTOR("")},
        {"", "h=1.00000000000000000000000000000000000000",
         NO_FACTOR("h=1.00000000000000000000000000000000000000")},
        {"", "a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,q=1,r=1,s=1,t=1",
         "`lr_factors`: at most 19 factors are allowed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_param_groups g;
        kr_error err = {.text = ""};
        assert_int_equal(parse(cases[i].freeze, cases[i].factors, &g, &err), KR_USAGE);
        assert_string_equal(err.text, cases[i].sentence);
    }
    kr_param_groups g;
    assert_int_equal(parse("", "h=1.0000000000000000000000000000000000000", &g, NULL), KR_OK);
    assert_int_equal(parse("x",
                           "a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,"
                           "q=1,r=1,s=1",
                           &g, NULL),
                     KR_OK);
    assert_int_equal(g.count, 21);
}

static void names_that_are_not_there(void **state) {
    (void)state;
    static const struct {
        const char *freeze, *factors, *sentence;
    } cases[] = {
        {"hed", "",
         "`freeze`: no parameter has \"hed\" in its name (did you mean head?); the names of this "
         "model's are made of: embed, weight, bias, layers, gate, head"},
        {"embed", "bias=2",
         "`lr_factors`: no parameter that an earlier part has left has \"bias\" in its name"},

        {"e", "", "all parameters are frozen, so nothing is left to train; freeze fewer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_param_groups g;
        int of[N];
        kr_error err = {.text = ""};
        assert_int_equal(parse(cases[i].freeze, cases[i].factors, &g, NULL), KR_OK);
        assert_int_equal(kr__param_groups_find(&g, &params, of, &err), KR_USAGE);
        assert_string_equal(err.text, cases[i].sentence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_make_groups), cmocka_unit_test(spans_of_the_vector),
        cmocka_unit_test(what_is_no_list_of_factors), cmocka_unit_test(names_that_are_not_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
