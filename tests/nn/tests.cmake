# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(nn/test_golden_layers.c f32 f64)
kr_test(nn/test_golden_models.c f32 f64)
kr_test(nn/test_golden_nextstep.c f32 f64)
kr_test(nn/test_mamba.c)
kr_test(nn/test_mamba_inside.c f32 f64)
kr_test(nn/test_mamba_stack.c f32 f64)
kr_test(nn/test_nextstep_model.c f32 f64)
kr_test(nn/test_scan.c)
