#!/bin/sh
# The main job of stripectl from beginning to end, on the shadow account: a Stripe account in a local file, spoken
# to through Stripe's own SDK. Works in a temporary folder, needs no key, leaves nothing behind.
#
#   make demo            sets up what is needed and runs this
#   sh docs/demo.sh      with `stripectl` on the PATH
set -eu

project=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/stripectl-demo.XXXXXX")
server=""

finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Nothing of the user's own setting may reach the demo.
unset STRIPECTL_ENV STRIPE_API_KEY STRIPE_SANDBOX_KEY STRIPE_LIVE_KEY 2>/dev/null || true

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
    bold="" dim="" plain=""
fi

chapter() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
note() { printf '%s   %s%s\n' "$dim" "$1" "$plain"; }

# run EXPECTED-EXIT-CODE LINE: shows a line, runs it, and stops the demo where it ends differently.
run() {
    printf '\n%s$ %s%s\n' "$bold" "$2" "$plain"
    code=0
    eval "$2" || code=$?
    if [ "$code" -ne "$1" ]; then
        printf 'demo: expected exit code %s, got %s\n' "$1" "$code" >&2
        exit 1
    fi
    if [ "$code" -ne 0 ]; then note "(exit code $code)"; fi
}

# The Python beside stripectl has Stripe's SDK.
PATH="$(dirname "$(readlink -f "$(command -v stripectl)")"):$PATH"

cp -R "$project/catalogs" "$project/stripectl.yaml" "$folder/"
cd "$folder"

chapter "1. Four pricing models, checked offline"
run 0 "stripectl validate"

chapter "2. What would a first apply do? One of the four, in full"
run 0 "stripectl plan --catalog onboarding"

chapter "3. Apply all four, then look again: nothing is left to do"
run 0 "stripectl apply --yes --output text=plans.txt 2> steps.txt"
run 0 "grep Applied steps.txt"
run 0 "stripectl plan --detailed-exitcode > again.txt"
run 0 "grep '^No changes:' again.txt"

chapter "4. Somebody edits the account behind the manifests' back"
cat > dashboard.py <<'PY'
import sys
import stripe

stripe.enable_telemetry = False
client = stripe.StripeClient("sk_test_demo", base_addresses={"api": sys.argv[1]})
client.v1.products.update("dataface-pro", {"name": "Dataface Pro (new!)"})
PY
note "shadow serve offers the account over HTTP to any program that speaks to Stripe."
run 0 "stripectl shadow serve --port 0 > serve.log 2>&1 &"
server=$!
address=""
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    address=$(sed -n 's#.*\(http://127\.0\.0\.1:[0-9]*\).*#\1#p' serve.log | head -n 1)
    [ -z "$address" ] || break
    sleep 0.2
done
if [ -z "$address" ]; then
    cat serve.log >&2
    exit 1
fi
run 0 "cat dashboard.py"
run 0 "python dashboard.py $address"
kill "$server"
wait "$server" || true
server=""
run 2 "stripectl drift --catalog dataface"

chapter "5. A price goes up: a new one takes over, the old one is archived, customers keep what they have"
run 0 "sed -i.before 's/{usd: 24, eur: 22}/{usd: 29, eur: 27}/' catalogs/dataface/plans.yaml"
note "The plan sets the name right as well: the manifests are the source of truth."
run 2 "stripectl plan --catalog dataface --detailed-exitcode -o change.json"
note "Reviewed, merged, applied; nothing but what the file says can happen."
run 0 "stripectl apply change.json --yes --output text=applied.txt"

chapter "6. That was a mistake: back to revision 1, and to the very price that was there before"
run 0 "stripectl rollback 1 --catalog dataface --yes"
run 0 "stripectl history --catalog dataface"
run 0 "stripectl history price.pro.monthly"

printf '\n%sDone: four catalogs applied, found unchanged, drifted, changed and rolled back, without a Stripe key.%s\n' \
    "$bold" "$plain"
