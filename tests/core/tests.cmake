# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(core/test_memory.c)
kr_test(core/test_random.c)
kr_test(core/test_torch_random.c)
kr_test(core/test_text.c)
kr_test(core/test_threads.c)
kr_test(core/test_platform.c)
kr_test(core/test_progress.c)
kr_test(core/test_stop.c)
