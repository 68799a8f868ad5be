# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(tensor/test_plan.c)
kr_test(tensor/test_profile.c)
kr_test(tensor/test_strided.c f32 f64)
