kr_test(local/test_local.c)
