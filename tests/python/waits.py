# SPDX-License-Identifier: MIT
"""How long tests wait for others."""

# Seconds after which what does not come hangs. Long: under an emulator, or on a busy machine, all takes many times as
# long as it should, and no test is to fail for that. What must be quick is told by the time of its process.
HANGS = 1200
