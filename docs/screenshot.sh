#!/bin/sh
# Takes the picture of a report that docs/report.md shows. Needs `stripectl` and Chromium on the PATH.
set -eu

project=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/stripectl-screenshot.XXXXXX")
trap 'rm -rf "$folder"' EXIT

command -v chromium >/dev/null || {
    echo "There is no Chromium here; as root, \`make browser\` installs it." >&2
    exit 1
}

stripectl show "$project/tests/golden/new-pricing/plan.json" --output "html=$folder/report.html"
chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$folder/profile" --hide-scrollbars \
    --force-device-scale-factor=0.75 --window-size=1120,2300 --screenshot="$folder/report.png" "file://$folder/report.html" >/dev/null 2>&1
mv "$folder/report.png" "$project/docs/report.png"
echo "wrote docs/report.png"
