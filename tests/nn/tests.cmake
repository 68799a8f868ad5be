# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(nn/test_golden_layers.c f32 f64)
kr_test(nn/test_golden_models.c f32 f64)
kr_test(nn/test_golden_next.c f32 f64)
kr_test(nn/test_mamba.c f32 f64)
kr_test(nn/test_next_model.c f32 f64)
