kr_test(local/test_ets.c)
kr_test(local/test_local.c)
kr_test(local/test_simplex.c)
