# kr_fuzz() rows: a reader of bytes from outside each. Seeds: tests/fuzz/corpus/<program>/
kr_fuzz(fuzz/fuzz_csv.c support/fuzz_mutate_csv.c cli/framework/csv_text.c cli/framework/say.c
    cli/framework/terminal.c src/plot/utf8.c)
kr_fuzz(fuzz/fuzz_m4.c)
kr_fuzz(fuzz/fuzz_nextstep.c support/fuzz_mutate_safetensors.c)
kr_fuzz(fuzz/fuzz_npy.c)
kr_fuzz(fuzz/fuzz_npz.c)
kr_fuzz(fuzz/fuzz_pickle.c support/pickle_made.c)
kr_fuzz(fuzz/fuzz_predict.c support/fuzz_mutate_safetensors.c)
kr_fuzz(fuzz/fuzz_pth.c)
kr_fuzz(fuzz/fuzz_safetensors.c support/fuzz_mutate_safetensors.c)
kr_fuzz(fuzz/fuzz_settings.c)
kr_fuzz(fuzz/fuzz_umap.c support/fuzz_mutate_safetensors.c)
