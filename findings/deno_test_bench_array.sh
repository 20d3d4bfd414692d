#!/usr/bin/env bash
# Deno 2.9.6.
#
# `deno test` runs each module of tests, and each block of code of `--doc`, in an
# isolate of its own, and loads the code of `deno bench` there too. That begins
# with `let all = new Array(10_000_000)`: 80 MB that are written and never used.
# It takes longer than all the rest of an isolate: here 0.2 to 0.6 s of processor
# time for a file without a test in it, where a whole `deno run` takes 0.15 s.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
deno=(npx -y deno@2.9.6)
export NO_COLOR=1 TIMEFORMAT="%U + %S s of processor time"

show='console.log(`heap: ${Math.round(Deno.memoryUsage().heapUsed / 1e6)} MB`)'
echo "$show" >heap.ts
echo "Deno.test('heap', () => $show)" >heap_test.ts
echo "deno run:" && time "${deno[@]}" run -A heap.ts
echo "deno test, one file:" && time "${deno[@]}" test --no-check -A | grep heap:
for index in {1..20}; do touch "empty_${index}_test.ts"; done
echo "deno test, 20 empty files more:" && time "${deno[@]}" test --no-check -A | grep heap:
