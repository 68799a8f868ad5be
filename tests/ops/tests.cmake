# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(ops/test_add.c f32 f64)
kr_test(ops/test_linear.c f32 f64)
kr_test(ops/test_concat.c f32 f64)
kr_test(ops/test_concat_core.c f32 f64)
kr_test(ops/test_patch_embed.c f32 f64)
kr_test(ops/test_inverted_embed.c f32 f64)
kr_test(ops/test_flatten_head.c f32 f64)
