#!/bin/sh
# Makes a Debian with Python look like the official Python image, as far as Dockerfiles care.
set -eu
root=$1
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
ln -sf python3 "$root/usr/bin/python"
