# SPDX-License-Identifier: MIT
# small_runs.sh - sourced by tests of ranks: a training of a second, what is left of it, and words on failures.
fail() { echo "${0##*/}: $*" >&2; exit 1; }
says() { grep -qF -- "$2" "$1" || { cat "$1"; fail "$1 does not say: $2"; }; }

settings=(--data custom --data_path small.csv --root_path . --model TimeStarMamba --seq_len 24 --label_len 0 --pred_len 12
    --patch_len 8 --d_model 16 --d_ff 16 --n_heads 2 --batch_size 8 --train_epochs 2 --threads 1 --no_figures -q)
next_settings=(--seq-len 32 --stride 16 --d-model 16 --n-layers 1 --epochs 2 --batch-size 6 --threads 1 --no-figures -q)
small_table() { head -n 601 "$1/ETTh1.csv" >small.csv; }

# The model and its forecasts; times and settings of a run are elsewhere in its files.
digest() { # FOLDER
    "$krait" convert "$(find "$1" -name checkpoint.safetensors)" "$1.pth" -q >/dev/null
    cat "$1.pth" "$(find "$1" -name pred.npy)" | sha256sum
}
# Wait until a run has written its first checkpoint, at most 20 seconds.
wait_for_checkpoint() { # FOLDER
    local i
    for i in $(seq 200); do
        [ -n "$(find "$1" -name checkpoint.safetensors 2>/dev/null)" ] && return
        sleep 0.1
    done
    fail "$1: there is no checkpoint"
}
