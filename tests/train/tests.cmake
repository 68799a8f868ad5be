# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(train/test_engine.c)
kr_test(train/test_param_groups.c)
kr_test(train/test_schedule.c)
kr_test(train/test_slots.c)
kr_test(train/test_trainer.c f32 f64)
kr_test(train/test_trainer_ranks.c)
