/* SPDX-License-Identifier: MIT
 * test_pickle.c - the restricted pickle machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "files/pickle.h"
#include "support/pickle_made.h"

static kr_status run(const void *bytes, size_t n, kr_arena *arena, const kr__node **root,
                     kr_error *err) {
    int64_t n_steps;
    return kr__pickle_run("made", bytes, n, arena, root, &n_steps, err);
}

/* [1, 511, -2, 2^40, -1, 0, 1.5, "a", True, None, (), (1,), {1: 2}] */
static void values(void **state) {
    (void)state;
    static const char code[] =
        "\x80\x02]q\x00(K\x01M\xff\x01J\xfe\xff\xff\xff"
        "\x8a\x06\x00\x00\x00\x00\x00\x01\x8a\x01\xff\x8a\x00"
        "G\x3f\xf8\x00\x00\x00\x00\x00\x00X\x01\x00\x00\x00"
        "a\x88N)h\x00" /* a place for the list itself, popped by the tuple */
        "\x85}K\x01K\x02se.";
    kr_arena arena = {0};
    kr_error err = {0};
    const kr__node *root = NULL;
    if (run(code, sizeof code - 1, &arena, &root, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(root->kind, KR__NODE_LIST);
    assert_int_equal(root->as.items.n, 13);
    const int64_t want[] = {1, 511, -2, INT64_C(1) << 40, -1, 0};
    const kr__item *item = root->as.items.first;
    for (int i = 0; i < 6; i++, item = item->next) {
        assert_int_equal(item->value->kind, KR__NODE_INT);
        assert_int_equal(item->value->as.integer, want[i]);
    }
    assert_true(item->value->as.real == 1.5);
    item = item->next;
    assert_string_equal(item->value->as.text, "a");
    item = item->next;
    assert_int_equal(item->value->kind, KR__NODE_BOOL);
    item = item->next;
    assert_int_equal(item->value->kind, KR__NODE_NONE);
    item = item->next;
    assert_int_equal(item->value->as.items.n, 0);
    item = item->next;
    assert_int_equal(item->value->kind, KR__NODE_TUPLE);
    assert_ptr_equal(item->value->as.items.first->value, root);
    item = item->next;
    assert_int_equal(item->value->as.items.first->key->as.integer, 1);
    kr__arena_deinit(&arena);
}

static void refuse(const char *code, size_t n, const char *says) {
    kr_arena arena = {0};
    kr_error err = {0};
    const kr__node *root = NULL;
    if (run(code, n, &arena, &root, &err) == KR_OK) fail_msg("accepted, but should say: %s", says);
    if (!strstr(err.text, says)) fail_msg("says: %s\nnot: %s", err.text, says);
    kr__arena_deinit(&arena);
}

#define REFUSE(code, says) refuse("\x80\x02" code, sizeof(code) + 1, says)

static void refusals(void **state) {
    (void)state;
    refuse("", 0, "ends in the middle");
    refuse("\x80\x04N.", 4, "not of protocol 2");
    refuse("(lp0\n.", 6, "not of protocol 2");
    REFUSE("", "ends in the middle");
    REFUSE("N", "ends in the middle");
    REFUSE("NN.", "leaves values behind");
    REFUSE("(N.", "leaves values behind");
    REFUSE("N.N", "follows its end");
    REFUSE(".", "stack is empty");
    REFUSE("\x85", "stack is empty");
    REFUSE("N(\x85", "stack is empty"); /* the value lies below the mark */
    REFUSE("t", "no mark");
    REFUSE("(tN.", "leaves values behind"); /* a mark on a stack that nothing was pushed on */
    REFUSE("h\x00", "memo index");
    REFUSE("Nq\x01", "memo index");
    REFUSE("Nr\xff\xff\xff\xff", "memo index");
    REFUSE("q\x00", "stack is empty");
    REFUSE("J\x01", "middle of a value");
    REFUSE("\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09.", "more than 64 bits");
    REFUSE(
        "X\xff\xff\xff\xff"
        "a",
        "middle of a value");
    REFUSE(
        "X\x03\x00\x00\x00"
        "a\x00"
        "b.",
        "zero inside");
    REFUSE("cos\nsystem\n.", "Python object os.system");
    REFUSE("c__builtin__\neval\n.", "Python object __builtin__.eval");
    REFUSE("ctorch\nFloatStorage2\n.", "torch.FloatStorage2");
    REFUSE("ctorch._utils", "middle of a name");
    REFUSE("i", "opcode 0x69 ('i')");    /* INST */
    REFUSE("o", "opcode 0x6f ('o')");    /* OBJ */
    REFUSE("\x81", "opcode 0x81 ('?')"); /* NEWOBJ */
    REFUSE("\x82\x01", "opcode 0x82");   /* EXT1 */
    REFUSE("Px\n", "opcode 0x50 ('P')"); /* PERSID */
    REFUSE("\x93", "opcode 0x93");       /* STACK_GLOBAL */
    REFUSE("NNa", "not such a container");
    REFUSE("N(Ne", "not such a container");
    REFUSE("]NNs", "not such a container");
    REFUSE("}(Nu", "key has no value");
    REFUSE("NNR", "is not a function");
    REFUSE("ccollections\nOrderedDict\nNR", "has arguments");
    REFUSE("ctorch\nFloatStorage\n)R", "storage class is called");
    REFUSE("ctorch._utils\n_rebuild_tensor_v2\n)R", "arguments of _rebuild_tensor_v2");
    REFUSE("NQ", "persistent id");
    REFUSE("]}b", "not such a container");
    REFUSE("}Nb", "the attributes are not a dictionary");
}

static kr_status tensor(int n, int offset, int rank, const int *shape, const int *stride,
                        kr_error *err) {
    static made m;
    kr_arena arena = {0};
    const kr__node *root = NULL;
    m.n = 0;
    made_code(&m, "\x80\x02");
    made_tensor(&m, "0", n, offset, rank, shape, stride);
    made_code(&m, ".");
    kr_status status = run(m.bytes, m.n, &arena, &root, err);
    if (status == KR_OK) assert_int_equal(root->kind, KR__NODE_TENSOR);
    kr__arena_deinit(&arena);
    return status;
}

static void tensors(void **state) {
    (void)state;
    kr_error err = {0};
    const int shape[] = {2, 3}, stride[] = {3, 1}, turned[] = {1, 2}, zero[] = {0, 0};
    const int large[] = {65535, 65535}, nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_int_equal(tensor(6, 0, 2, shape, stride, &err), KR_OK);
    assert_int_equal(tensor(6, 0, 2, shape, turned, &err), KR_OK);
    assert_int_equal(tensor(1, 0, 0, NULL, NULL, &err), KR_OK);
    assert_int_equal(tensor(0, 0, 2, zero, stride, &err), KR_OK);
    assert_int_equal(tensor(5, 0, 2, shape, stride, &err), KR_FORMAT);
    assert_int_equal(tensor(6, 1, 2, shape, stride, &err), KR_FORMAT);
    assert_int_equal(tensor(0, 0, 0, NULL, NULL, &err), KR_FORMAT);
    assert_int_equal(tensor(0, 1, 2, zero, stride, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "beyond its storage"));
    /* Stride 0 would make a huge tensor out of one element. */
    assert_int_equal(tensor(1, 0, 2, large, zero, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "repeats elements"));
    assert_int_equal(tensor(1, 0, 9, nine, nine, &err), KR_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(refusals),
        cmocka_unit_test(tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
