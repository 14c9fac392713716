#!/bin/sh
# A trial as a shell script: reports at each step, and ends when it is told to.
#
#     caviar run -n 20 -j 2 --minimize loss --steps 10 --scheduler median -- \
#         examples/shell/train.sh '{lr: log 1e-4 1}' '{steps}'
set -eu
lr=$1
steps=$2

step=1
while [ "$step" -le "$steps" ]; do
    # what would be an epoch: a loss that falls, and is least at lr = 0.01
    loss=$(awk -v lr="$lr" -v step="$step" 'BEGIN { print (log(lr / 0.01))^2 / 10 + 1 / step }')
    if ! answer=$(caviar report --can changes --step "$step" loss="$loss"); then
        exit 0 # told to stop (3), or the tuner is gone
    fi
    case $answer in
    lr=*) lr=${answer#lr=} ;; # 'caviar nudge' changed it in the meantime
    esac
    step=$((step + 1))
done
