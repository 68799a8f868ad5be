# Settings that the old files were made with; make_old_files and the tests old_models and old_states
# source this. They run in a folder that holds copies of the tables, as paths stand in the files.

# A model that is small enough for a test.
run_flags=(--data custom --root_path . --target b --seq_len 24 --pred_len 12 --patch_len 8 --d_model 8
    --n_heads 2 --d_ff 8 --d_state 4 --d_core 4 --e_layers 1 --batch_size 16 --learning_rate 0.005
    --train_epochs 2 --threads 1 --quiet)
train_flags=(--data-dir steps.csv --seq-len 24 --stride 12 --d-model 8 --n-layers 2 --d-state 4 --d-ff 8
    --batch-size 1 --lr 0.003 --warmup-epochs 2 --threads 1)
generate_flags=(--data-dir steps.csv --seed-len 24 --gen-len 20 --seed-offset 2 --threads 1
    --no-figures --quiet)
fit_flags=(series.csv --horizon 12 --models Naive,RLinear,DLinear --threads 1 --no-figures --quiet)
sweep_flags=("${run_flags[@]}" --data_path series.csv --enc_in 3 --model RLinear --set seed=1,2
    --set use_norm=0,1 --no-figure --jobs 1)
bench_flags=(--seq_len 32,64 --d_state 4 --d_model 8 --d_ff 8 --n_heads 2 --d_core 4 --e_layers 1 --enc_in 2
    --pred_len 8 --repeats 1 --steps 1 --threads 1 --quiet)

# each_model FUNCTION: calls it with NAME DATA ORIGIN FLAGS.. for every forecaster's checkpoint; ORIGIN is
# the row that krait predict starts from, none: not forecast from new rows, last: the last one.
each_model() {
    local row="2020-01-12 23:00"
    "$1" timestar        series.csv "$row" --model TimeStar
    "$1" timestarmamba   series.csv "$row" --model TimeStarMamba
    "$1" rlinear         series.csv "$row" --model RLinear
    "$1" dlinear         series.csv "$row" --model DLinear
    "$1" naive           series.csv "$row" --model Naive
    "$1" seasonal_naive  series.csv "$row" --model SeasonalNaive --season 12
    "$1" no_norm         series.csv "$row" --model TimeStarMamba --use_norm 0
    "$1" single          series.csv "$row" --model TimeStar --features S
    "$1" many_to_single  series.csv "$row" --model TimeStarMamba --features MS
    "$1" calendar        series.csv "$row" --model TimeStar --embed fixed --activation relu
    "$1" blank           series.csv "$row" --model RLinear --blank_columns c
    "$1" quantiles       series.csv "$row" --model TimeStar --loss Quantile --quantiles 0.1,0.5,0.9
    "$1" quantiles_linear series.csv "$row" --model DLinear --loss Quantile --quantiles 0.1,0.25,0.5,0.9
    "$1" known           series.csv "$row" --model TimeStarMamba --features MS --known_future c
    "$1" known_linear    series.csv "$row" --model RLinear --features MS --known_future c
    "$1" masks           gaps.csv   "$row" --model TimeStar --gaps model
    "$1" panel           panel.csv  last   --model TimeStarMamba --id_column shop --drop_columns size
    "$1" static          panel.csv  none   --model TimeStar --id_column shop --static_columns size
}

# each_state FUNCTION: calls it with NAME FLAGS.. for every half-way training of krait run.
each_state() {
    local more=(--train_epochs 8 --patience 8 --batch_size 2 --data_path series.csv)
    "$1" adam     "${more[@]}" --model TimeStarMamba
    "$1" adamw    "${more[@]}" --model TimeStar --optimizer adamw --weight_decay 0.01 --gradient_clip 1 \
        --lradj cosine --warmup_epochs 2 --loss Huber
    "$1" quantile "${more[@]}" --model TimeStar --loss Quantile --quantiles 0.1,0.5,0.9 --on_nan rollback
}

# The same for krait train; FILE is the model's name.
each_next_state() {
    "$1" model_next.pt --epochs 12 --jitter --aug-noise 0.1 --max-horizon 4
    "$1" model_next.safetensors --epochs 12 --gate-lr-factor 0.5 --freeze-A --slowness-lambda 0.1
}

# same_numbers TOLERANCE A B: two tables of the same words, with numbers that differ by at most TOLERANCE
# times the largest of their column.
same_numbers() {
    awk -F, -v tolerance="$1" '
        function fail(why) { print FILENAME ":" FNR ": " why; failed = 1; exit 1 }
        NR == FNR { for (i = 1; i <= NF; i++) cell[FNR, i] = $i; n[FNR] = NF; rows = FNR
            for (i = 1; i <= NF; i++) if ($i + 0 > most[i]) most[i] = $i + 0; else if (-$i > most[i]) most[i] = -$i
            next }
        NF != n[FNR] { fail("another number of columns") }
        { for (i = 1; i <= NF; i++) { a = cell[FNR, i]; seen = FNR
              if (a == $i) continue
              if (a !~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ || $i !~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/) fail($i " for " a)
              d = a - $i; if (d < 0) d = -d
              if (d / most[i] > worst) worst = d / most[i]
              if (d > tolerance * most[i]) fail($i " for " a ", column " i) } }
        END { if (failed) exit 1
            if (seen != rows || rows == 0) { print FILENAME ": " seen + 0 " rows for " rows + 0; exit 1 }
            if (ENVIRON["SHOW"]) print worst > "/dev/stderr" }' "$2" "$3"
}
# krait run's last line as a table.
as_table() { sed -E 's/, dtw.*//; s/(mse|mae)://g; s/ //g'; }
