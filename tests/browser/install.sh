#!/bin/sh
# What the tests of the report look with: Chromium and its driver from the distribution, axe-core from npm.
# Whatever cannot be had is named and left out; the tests that need it are then skipped.
#
#   sh tests/browser/install.sh FOLDER    axe-core goes below FOLDER
set -u

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
        echo "Installing Chromium ..."
        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
            chromium chromium-driver; } >/dev/null 2>&1 || echo "Chromium cannot be installed here."
    else
        echo "No Chromium, and no right to install it: the tests in a browser are skipped."
    fi
fi

if [ ! -f "$1/node_modules/axe-core/axe.min.js" ]; then
    if command -v npm >/dev/null; then
        echo "Installing axe-core ..."
        npm install --silent --no-audit --no-fund --no-save --no-package-lock --prefix "$1" axe-core@4.14.1 \
            >/dev/null 2>&1 || echo "axe-core cannot be installed here."
    else
        echo "No npm: the test of accessibility is skipped."
    fi
fi
exit 0
